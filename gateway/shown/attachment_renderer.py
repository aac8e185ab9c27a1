"""A program of its own that looks into one attachment: how many pages it has, what is written on them, how one looks.

Whatever a stranger made is opened here and nowhere else: with little memory and time, without files, children or anything of the
service's (attachments.py starts it). It imports nothing of ours, so that nothing is there to be misused.

    attachment_renderer.py pages <file> <ending> <most>   → JSON: {"count": …, "texts": [… of the first pages, at most so many]}
    attachment_renderer.py picture <file> <page> <width>  → PNG of a page of a PDF
"""

import json
import posixpath
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pypdfium2

PIXELS = 6_000_000
"""How many pixels a picture has at most."""

LETTERS = 200_000
"""How many characters of text are told of a file."""

UNPACKED = 8_000_000
"""How many bytes a part of a packed file may have."""

MEMORY, SECONDS = 1_000_000_000, 10


def _bound() -> None:
    """Nothing that is opened here can take more than this, write a file or start anything."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 32), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))


def _pages(path: str, ending: str, most: int) -> dict[str, Any]:
    left, texts = LETTERS, []
    count, told = {"pdf": _pdf, "ofd": _ofd, "docx": _docx}[ending](path, most)
    for text in told:
        texts.append(text[:left])
        left -= len(texts[-1])
    return {"count": count, "texts": texts}


# PDF


def _pdf(path: str, most: int) -> tuple[int, Iterator[str]]:
    document = pypdfium2.PdfDocument(path)
    return len(document), (_text(document[number]) for number in range(min(len(document), most)))


def _text(page: Any) -> str:
    text: str = page.get_textpage().get_text_bounded()
    page.close()
    return text.replace("\r\n", "\n")


def _picture(path: str, number: int, width: int) -> bytes:
    """A page as it looks, at most so many pixels wide."""
    page = pypdfium2.PdfDocument(path)[number - 1]
    across, down = page.get_size()
    scale = min(width / across, (PIXELS / (across * down)) ** 0.5)
    drawn = page.render(scale=scale, rev_byteorder=True, may_draw_forms=False)
    return _png(bytes(drawn.buffer), drawn.width, drawn.height, drawn.stride, drawn.n_channels)


def _png(pixels: bytes, width: int, height: int, stride: int, channels: int) -> bytes:
    """Rows of red, green and blue (or of grey) as PNG (RFC 2083)."""
    rows = b"".join(b"\0" + pixels[row * stride : row * stride + width * channels] for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    packed = (struct.pack(">I", len(body)) + name + body + _sum(name + body) for name, body in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _sum(part: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(part))


# Packed files of XML: what is written in them, without how it looks


def _part(packed: zipfile.ZipFile, name: str) -> ElementTree.Element:
    """A part, if it is in UTF-8 and declares nothing of its own. The parser is given the very text that was looked through, so no
    encoding that a part names, or is guessed to have, lets it read another one."""
    with packed.open(name) as opened:
        content = opened.read(UNPACKED + 1)
    text = content.decode("utf-8-sig")
    if len(content) > UNPACKED or "\0" in text or "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError(name)
    return ElementTree.fromstring(text)


def _docx(path: str, _: int) -> tuple[int, Iterator[str]]:
    """The paragraphs of a text document, as one page."""
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    with zipfile.ZipFile(path) as packed:
        body = _part(packed, "word/document.xml")
    paragraphs = ("".join(word.text or "" for word in each.iter(f"{space}t")) for each in body.iter(f"{space}p"))
    return 1, iter(["\n".join(paragraphs)])


def _ofd(path: str, most: int) -> tuple[int, Iterator[str]]:
    """The text of each page of an OFD document (GB/T 33190), with that of the template beneath it."""
    packed = zipfile.ZipFile(path)
    root = _place("", _found(_part(packed, "OFD.xml"), "DocRoot").text or "")
    document = _part(packed, root)
    pages = [_place(root, each.get("BaseLoc", "")) for each in _all(document, "Page") if each.get("BaseLoc")]
    beneath = {each.get("ID"): _place(root, each.get("BaseLoc", "")) for each in _all(document, "TemplatePage")}
    return len(pages), (_written(packed, each, beneath) for each in pages[:most])


def _written(packed: zipfile.ZipFile, page: str, beneath: dict[str | None, str]) -> str:
    content = _part(packed, page)
    under = [beneath.get(each.get("TemplateID")) for each in _all(content, "Template")]
    layers = [*(_part(packed, each) for each in under if each), content]
    objects = (each for layer in layers for each in _all(layer, "TextObject"))
    lines = ("".join(code.text or "" for code in _all(each, "TextCode")).strip() for each in objects)
    return "\n".join(line for line in lines if line)


def _place(beside: str, name: str) -> str:
    """A part of the package as another names it."""
    named = name.lstrip("/") if name.startswith("/") else posixpath.join(posixpath.dirname(beside), name)
    return posixpath.normpath(named)


def _all(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (each for each in element.iter() if each.tag.rpartition("}")[2] == name)


def _found(element: ElementTree.Element, name: str) -> ElementTree.Element:
    return next(_all(element, name))


def main(asked: list[str]) -> int:
    """Answer one question about one file; 1 if it cannot be opened."""
    _bound()
    try:
        match asked:
            case ["pages", path, ending, most]:
                answer = json.dumps(_pages(path, ending, int(most))).encode()
            case ["picture", path, number, width]:
                answer = _picture(path, int(number), int(width))
            case _:
                return 2
    except Exception:
        return 1
    sys.stdout.buffer.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Attachments looked at in place: what is shown of each sort, and what nobody is hurt by."""

import asyncio
import io
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import pytest

from gateway.shown import attachment_renderer, attachments
from gateway.shown.attachments import Look, NotShown, Viewer
from gateway.turns import Busy, Turns
from tests.patience import comes

PDF, OFD = "application/pdf", "application/ofd"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def pdf(pages: int = 1, size: str = "595 842", text: str = "BT /F1 24 Tf 72 700 Td (Agreement) Tj ET") -> bytes:
    """A document with as many pages, written by hand."""
    kids = " ".join(f"{4 + each} 0 R" for each in range(pages))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    content = 4 + pages
    one = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size}] /Contents {content} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
    objects += [one] * pages
    objects.append(f"<< /Length {len(text)} >>\nstream\n{text}\nendstream")
    body = "%PDF-1.7\n" + "".join(f"{number} 0 obj\n{each}\nendobj\n" for number, each in enumerate(objects, 1))
    return f"{body}trailer << /Root 1 0 R /Size {len(objects) + 1} >>\n%%EOF\n".encode()


def packed(**parts: str | bytes) -> bytes:
    """A packed file of XML; `__` stands for a slash, and every name ends in `.xml`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(f"{name.replace('__', '/')}.xml", part)
    return content.getvalue()


def png(width: int, height: int) -> bytes:
    """The head of a picture of that size."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


def jpeg(width: int, height: int) -> bytes:
    """The head of a photograph of that size, behind a thumbnail of its own."""
    aside = b"\xff\xe1" + struct.pack(">H", 2 + 300) + bytes(300)
    return b"\xff\xd8" + aside + b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + bytes(3)


async def look(path: Path, media_type: str) -> Look:
    """Look into an attachment, as the only one who does."""
    return await Viewer().look(path, media_type, "c-101")


async def picture(path: Path, page: int, width: int) -> bytes:
    """A page as it looks, for the only one who asks."""
    return await Viewer().picture(path, page, width, "c-101")


def lying(tmp_path: Path, content: bytes) -> Path:
    """A file with this content."""
    path = tmp_path / "file"
    path.write_bytes(content)
    return path


OF_OFD = "http://www.ofdspec.org/2016"
AN_OFD = {
    "OFD": f'<OFD xmlns="{OF_OFD}"><DocBody><DocRoot>Doc_0/Document.xml</DocRoot></DocBody></OFD>',
    "Doc_0__Document": (
        f'<Document xmlns="{OF_OFD}"><CommonData><TemplatePage ID="9" BaseLoc="T/T.xml"/></CommonData>'
        '<Pages><Page ID="1" BaseLoc="P/C.xml"/></Pages></Document>'
    ),
    "Doc_0__T__T": f'<Page xmlns="{OF_OFD}"><TextObject><TextCode>统一社会信用代码</TextCode></TextObject></Page>',
    "Doc_0__P__C": (
        f'<Page xmlns="{OF_OFD}"><Template TemplateID="9"/><TextObject><CGTransform><Glyphs>1 2</Glyphs></CGTransform>'
        "<TextCode>沈阳星海智能</TextCode></TextObject></Page>"
    ),
}


ENTITIES = '<!DOCTYPE a [<!ENTITY b "b">]><OFD><DocRoot>&b;</DocRoot></OFD>'
OTHER_WORDS = {
    "UTF-16": "utf-16", "UTF-16, as guessed": "utf-16-le", "UTF-16 the other way": "utf-16-be", "EBCDIC": "cp037",
}  # fmt: skip
"""Encodings in which nobody finds a declaration who looks for it as ASCII."""


def in_other_words(text: str) -> list[bytes]:
    """The same in each of them; it says which, but for the one that is to be guessed."""
    return [
        (text if "guessed" in named else f'<?xml version="1.0" encoding="{named.split()[0]}"?>{text}').encode(encoding)
        for named, encoding in OTHER_WORDS.items()
    ]


@pytest.mark.parametrize("encoding", OTHER_WORDS.values())
def test_a_part_is_in_utf_8_whatever_it_says(encoding: str) -> None:
    """What a parser would read as entities is never given to it; nor is anything else that is not read as it was looked through."""
    for text in (ENTITIES, "<a>b</a>", f"{' ' * 3}<a>b</a>"):
        content = io.BytesIO(packed(a=text.encode(encoding)))
        with zipfile.ZipFile(content) as package, pytest.raises((ValueError, SyntaxError)):
            attachment_renderer._part(package, "a.xml")


async def test_a_pdf_is_shown_page_by_page_with_what_is_written_on_it(tmp_path: Path) -> None:
    path = lying(tmp_path, pdf(3))
    found = await look(path, PDF)
    assert (found.sort, found.count, found.left_out) == ("pages", 3, 0)
    assert [each.strip() for each in found.texts] == ["Agreement"] * 3
    drawn = await picture(path, 1, 1000)
    assert drawn.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", drawn[16:24])
    assert width == 1000
    assert height > width
    with pytest.raises(NotShown):
        await picture(path, 4, 1000)


async def test_the_text_of_an_ofd_is_shown_and_it_says_so(tmp_path: Path) -> None:
    found = await look(lying(tmp_path, packed(**AN_OFD)), OFD)
    assert (found.sort, found.texts) == ("text", ("统一社会信用代码\n沈阳星海智能",))
    assert "版式、图片和印章请下载" in found.why


async def test_the_text_of_a_text_document_is_shown(tmp_path: Path) -> None:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    text = "".join(f"<w:p><w:r><w:t>{each}</w:t></w:r></w:p>" for each in ("联盟协议", "第一条"))
    document = f'<w:document xmlns:w="{space}"><w:body>{text}</w:body></w:document>'
    assert (await look(lying(tmp_path, packed(word__document=document)), DOCX)).texts == ("联盟协议\n第一条",)


async def test_pages_and_pixels_have_a_bound(tmp_path: Path) -> None:
    many = await look(lying(tmp_path, pdf(attachments.PAGES + 5)), PDF)
    assert (len(many.texts), many.left_out) == (attachments.PAGES, 5)
    drawn = await picture(lying(tmp_path, pdf(size="3 14000")), 1, 2000)
    width, height = struct.unpack(">II", drawn[16:24])
    assert width * height <= 1.01 * attachment_renderer.PIXELS


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7\nhello", PDF),
        (packed(OFD=ENTITIES), OFD),
        *((packed(OFD=each), OFD) for each in in_other_words(ENTITIES)),
        (packed(OFD=" " * (attachment_renderer.UNPACKED + 1)), OFD),
        (b"PK\x03\x04rest", DOCX),
    ],
    ids=["no document", "entities", *OTHER_WORDS, "a bomb", "no package"],
)
async def test_what_cannot_be_opened_is_offered_for_download(tmp_path: Path, content: bytes, media_type: str) -> None:
    found = await look(lying(tmp_path, content), media_type)
    assert found.sort == "none"
    assert "下载" in found.why


async def test_whoever_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import sys, time\nsys.stdout.flush()\ntime.sleep(600)\n")
    monkeypatch.setattr(attachments, "RENDERER", slow)
    monkeypatch.setattr(attachments, "PATIENCE", 0.2)
    assert (await look(lying(tmp_path, pdf()), PDF)).sort == "none"


async def test_a_picture_says_how_large_it_is_before_a_browser_unpacks_it(tmp_path: Path) -> None:
    for made, media_type in ((png, "image/png"), (jpeg, "image/jpeg")):
        assert (await look(lying(tmp_path, made(1000, 2000)), media_type)).sort == "picture"
        assert (await look(lying(tmp_path, made(60_000, 60_000)), media_type)).sort == "none"
        assert (await look(lying(tmp_path, made(1000, 2000)[:12]), media_type)).sort == "none"
    assert (await look(lying(tmp_path, b"PK\x03\x04"), "application/vnd.ms-excel")).sort == "none"


# Whoever has hostile ones holds up nobody else


@pytest.fixture
def halted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that opens nothing before it may; which were started is noted in this file's lines, and `go` beside it lets them on."""
    noted, go = tmp_path / "started", tmp_path / "go"
    program = tmp_path / "halted.py"
    program.write_text(
        "import os, sys, time\n"
        f"with open({str(noted)!r}, 'a') as file: file.write(sys.argv[-2] + '\\n')\n"
        f"while not os.path.exists({str(go)!r}): time.sleep(0.02)\n"
        "sys.exit(1)\n"
    )
    noted.touch()
    monkeypatch.setattr(attachments, "RENDERER", program)
    return noted


def started(halted: Path) -> list[str]:
    """The pages for which the program was started."""
    return halted.read_text().split()


async def test_one_at_a_time_for_one_person_and_few_for_all(tmp_path: Path, halted: Path) -> None:
    viewer, path = Viewer(), lying(tmp_path, pdf())
    asked = [
        asyncio.create_task(viewer.picture(path, page, 1000, person))
        for page in range(1, 41)
        for person in ("a", "b", "c")
    ]
    await comes(lambda: len(started(halted)) == attachments.AT_ONCE)
    refused = [each.exception() for each in asked if each.done()]
    assert len(refused) == 3 * (40 - 1 - attachments.WAITING_OF_ONE), "whoever has enough waiting is told to come again"
    assert {type(each) for each in refused} == {Busy}
    (tmp_path / "go").touch()
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(each) for each in found} == {Busy, NotShown}
    tried = started(halted)
    assert max(Counter(tried).values()) <= attachments.AT_ONCE, (
        "what could not be shown to one is not tried for the next"
    )
    with pytest.raises(NotShown):
        await viewer.picture(path, 1, 1000, "somebody else")
    assert started(halted) == tried


async def test_what_failed_is_tried_again_after_a_while_and_so_many_are_remembered(
    tmp_path: Path, halted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "REMEMBERED", 2)
    (tmp_path / "go").touch()
    now = [0.0]
    viewer, path = Viewer(lambda: now[0]), lying(tmp_path, pdf())

    async def tried(page: int) -> int:
        before = len(started(halted))
        with pytest.raises(NotShown):
            await viewer.picture(path, page, 1000, "a")
        return len(started(halted)) - before

    assert [await tried(page) for page in (1, 1, 2, 1, 3, 1)] == [1, 0, 1, 0, 1, 1], (
        "the one that failed first is forgotten first"
    )
    now[0] = attachments.AGAIN_AFTER
    assert await tried(3) == 1


async def test_a_line_is_forgotten_when_nobody_stands_in_it() -> None:
    turns = Turns(at_once=1, waiting=1, patience=0)
    async with turns.turn("a"):
        with pytest.raises(Busy):
            async with turns.turn("a"):
                raise AssertionError("two at once")
        turns.patience = 60
        waits = asyncio.create_task(turns.turn("a").__aenter__())
        await comes(lambda: len(turns) == 2)
        with pytest.raises(Busy):
            await turns.turn("a").__aenter__()
        waits.cancel()
        async with turns.turn("b"):
            pass
    await asyncio.wait([waits])
    assert len(turns) == 0
    assert not turns._lines

"""Attachments looked at in place: what is shown of each sort, and what nobody is hurt by."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from gateway.shown import attachment_renderer, attachments
from gateway.shown.attachments import NotShown, look, picture

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


def packed(**parts: str) -> bytes:
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


def test_a_pdf_is_shown_page_by_page_with_what_is_written_on_it(tmp_path: Path) -> None:
    path = lying(tmp_path, pdf(3))
    found = look(path, PDF)
    assert (found.sort, found.count, found.left_out) == ("pages", 3, 0)
    assert [each.strip() for each in found.texts] == ["Agreement"] * 3
    drawn = picture(path, 1, 1000)
    assert drawn.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", drawn[16:24])
    assert width == 1000
    assert height > width
    with pytest.raises(NotShown):
        picture(path, 4, 1000)


def test_the_text_of_an_ofd_is_shown_and_it_says_so(tmp_path: Path) -> None:
    found = look(lying(tmp_path, packed(**AN_OFD)), OFD)
    assert (found.sort, found.texts) == ("text", ("统一社会信用代码\n沈阳星海智能",))
    assert "版式、图片和印章请下载" in found.why


def test_the_text_of_a_text_document_is_shown(tmp_path: Path) -> None:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    text = "".join(f"<w:p><w:r><w:t>{each}</w:t></w:r></w:p>" for each in ("联盟协议", "第一条"))
    document = f'<w:document xmlns:w="{space}"><w:body>{text}</w:body></w:document>'
    assert look(lying(tmp_path, packed(word__document=document)), DOCX).texts == ("联盟协议\n第一条",)


def test_pages_and_pixels_have_a_bound(tmp_path: Path) -> None:
    many = look(lying(tmp_path, pdf(attachments.PAGES + 5)), PDF)
    assert (len(many.texts), many.left_out) == (attachments.PAGES, 5)
    drawn = picture(lying(tmp_path, pdf(size="3 14000")), 1, 2000)
    width, height = struct.unpack(">II", drawn[16:24])
    assert width * height <= 1.01 * attachment_renderer.PIXELS


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7\nhello", PDF),
        (packed(OFD='<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>'), OFD),
        (packed(OFD=" " * (attachment_renderer.UNPACKED + 1)), OFD),
        (b"PK\x03\x04rest", DOCX),
    ],
    ids=["no document", "entities", "a bomb", "no package"],
)
def test_what_cannot_be_opened_is_offered_for_download(tmp_path: Path, content: bytes, media_type: str) -> None:
    found = look(lying(tmp_path, content), media_type)
    assert found.sort == "none"
    assert "下载" in found.why


def test_whoever_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import sys, time\nsys.stdout.flush()\ntime.sleep(600)\n")
    monkeypatch.setattr(attachments, "RENDERER", slow)
    monkeypatch.setattr(attachments, "PATIENCE", 0.2)
    assert look(lying(tmp_path, pdf()), PDF).sort == "none"


def test_a_picture_says_how_large_it_is_before_a_browser_unpacks_it(tmp_path: Path) -> None:
    for made, media_type in ((png, "image/png"), (jpeg, "image/jpeg")):
        assert look(lying(tmp_path, made(1000, 2000)), media_type).sort == "picture"
        assert look(lying(tmp_path, made(60_000, 60_000)), media_type).sort == "none"
        assert look(lying(tmp_path, made(1000, 2000)[:12]), media_type).sort == "none"
    assert look(lying(tmp_path, b"PK\x03\x04"), "application/vnd.ms-excel").sort == "none"

"""Files as people send them, and as people send them who mean harm. Made here, so that none lies in the repository."""

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import docx
from openpyxl import Workbook

# x, y from the bottom left corner, size of the letters, and the text.
Printed = tuple[int, int, int, str]

_WORDS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

_PICTURE = (
    b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\n"
    b"stream\n\x80\nendstream"
)


def pdf(pages: Sequence[Sequence[Printed]], *, pictures: bool = False) -> bytes:
    """A pdf with one text object a line; with `pictures`, a picture on each page."""
    return _pdf([_content(page) + (b"q 100 0 0 100 72 72 cm /P1 Do Q\n" if pictures else b"") for page in pages])


def pdf_bomb(*, repeats: int) -> bytes:
    """A page whose content is packed twice, some kilobytes that unpack to 23 bytes for each repeat."""
    return _pdf([zlib.compress(zlib.compress(b"BT /F1 10 Tf (x) Tj ET\n" * repeats, 9), 9)], filters=2)


def _content(page: Sequence[Printed]) -> bytes:
    return b"".join(
        b"BT /F1 %d Tf 1 0 0 1 %d %d Tm (%s) Tj ET\n"
        % (size, x, y, text.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)"))
        for x, y, size, text in page
    )


def _pdf(contents: Sequence[bytes], *, filters: int = 0) -> bytes:
    packed = b"/Filter [%s]" % (b"/FlateDecode " * filters) if filters else b""
    objects = [
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        _PICTURE,
    ]
    kids, tree = [], len(objects) + 1 + 2 * len(contents)
    for content in contents:
        objects.append(b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), packed, content))
        objects.append(
            b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 1 0 R >> "
            b"/XObject << /P1 2 0 R >> >> /Contents %d 0 R >>" % (tree, len(objects))
        )
        kids.append(b"%d 0 R" % len(objects))
    objects += [
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids)),
        b"<< /Type /Catalog /Pages %d 0 R >>" % tree,
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1,
        table,
        len(objects) + 1,
        len(objects),
        len(out),
    )


def word(write: Callable[[Any], object]) -> bytes:
    """A docx that `write` has written with python-docx."""
    document, out = docx.Document(), io.BytesIO()
    write(document)
    document.save(out)
    return out.getvalue()


def word_of(body: str, *, head: str = "") -> bytes:
    """A docx whose body is this XML, with `head` before its first element."""
    xml = f'<?xml version="1.0" encoding="UTF-8"?>{head}<w:document {_WORDS}><w:body>{body}</w:body></w:document>'
    with zipfile.ZipFile(io.BytesIO(word(lambda _: None))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**parts, "word/document.xml": xml.encode()})


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def book(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """An xlsx with these rows on these sheets."""
    workbook, out = Workbook(write_only=True), io.BytesIO()
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    workbook.save(out)
    return out.getvalue()


def zipped(entries: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()

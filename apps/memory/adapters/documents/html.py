"""HTML: headings, paragraphs, lists and tables of the body, by libxml2."""

import encodings
import pkgutil
import re
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module

from lxml import etree

from apps.memory.adapters.documents.blocks import Block, Kind, compose
from apps.memory.adapters.documents.rows import BROKEN, FileRefused, Read, decoded
from apps.memory.adapters.documents.text import parts_of
from apps.memory.types import ReadLimits

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_LOOK_FOR_CHARSET = 4096
_SPACE = re.compile(r"\s+")
# Pages name any of them, and when one does it is too late to import it: see `child`.
for _codec in pkgutil.iter_modules(encodings.__path__):
    # Some are there on Windows only.
    with suppress(ImportError):
        import_module(f"encodings.{_codec.name}")
_UNREAD = frozenset({"script", "style", "template", "noscript", "head", "svg", "math", "iframe", "object", "select"})
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "title",
        "tr",
        "ul",
        *_HEADINGS,
    }
)  # fmt: skip - one word per line would fill the screen
_CELLS = frozenset({"td", "th"})


def read_html(data: bytes, limits: ReadLimits) -> Iterator[Read]:
    text = _decoded(data)
    # libxml2 bounds the depth of the tree, and stops at it.
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    root = etree.fromstring(text.encode(errors="replace"), parser) if text.strip() else None
    if root is None:
        raise FileRefused(BROKEN if text.strip() else "There is nothing to read in the file.")
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        raise FileRefused("The file is nested too deeply.")
    title = _SPACE.sub(" ", root.findtext(".//title") or "").strip()
    composed, anchors = compose(_blocks(root), limits=limits)
    yield from parts_of(
        composed, anchors, limits=limits, blank_lines=False, metadata={"title": title[:200]} if title else None
    )


def _decoded(data: bytes) -> str:
    """Decode by the mark that the text carries, by the page's own word, or as any other text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    said = _CHARSET.search(data, 0, _LOOK_FOR_CHARSET)
    if said and not data.startswith(b"\xef\xbb\xbf"):
        with suppress(LookupError, UnicodeDecodeError):
            return data.decode(said[1].decode()).replace("\x00", " ")
    return decoded(data)


class _Writer:
    """Collects text until a block ends."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.cells: list[str] | None = None
        self.kind, self.mark, self.kept = Kind.PARAGRAPH, "", 0

    def add(self, text: str | None) -> None:
        if text:
            self.text.append(text if self.kept else _SPACE.sub(" ", text))

    def taken(self) -> str:
        text = "".join(self.text)
        self.text = []
        if self.kept:
            return text.strip("\n")
        return "\n".join(line for line in (_SPACE.sub(" ", one).strip() for one in text.split("\n")) if line)

    def block(self) -> Iterator[Block]:
        """Yield what has come together, unless it is part of a table's cell."""
        if self.cells is not None:
            self.text.append(" ")
            return
        text = self.taken()
        if text.strip():
            yield Block(self.mark + text, self.kind)
            # What follows inside the same item has no bullet of its own.
            self.mark = ""


def _blocks(root: etree._Element) -> Iterator[Block]:
    writer, unread = _Writer(), 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = element.tag if isinstance(element.tag, str) else ""
        if name in _UNREAD:
            unread += 1 if event == "start" else -1
        elif not unread:
            yield from _begun(writer, name) if event == "start" else _ended(writer, name)
            if event == "start":
                writer.add(element.text)
        if event == "end" and not unread:
            writer.add(element.tail)
    yield from writer.block()


def _begun(writer: _Writer, name: str) -> Iterator[Block]:
    if name == "br":
        writer.text.append("\n" if writer.cells is None else " ")
    elif name == "tr":
        yield from writer.block()
        writer.cells, writer.text = [], []
    elif name in _CELLS:
        writer.text = []
    elif name in _BLOCKS:
        yield from writer.block()
        writer.kept += name == "pre"
        if name in _HEADINGS:
            writer.mark = _HEADINGS[name]
        elif name == "li":
            writer.mark, writer.kind = "- ", Kind.ITEM


def _ended(writer: _Writer, name: str) -> Iterator[Block]:
    if name == "tr":
        cells, writer.cells = writer.cells or [], None
        if any(cells):
            yield Block(" | ".join(cells), Kind.ROW)
        writer.text = []
    elif name in _CELLS:
        if writer.cells is not None:
            writer.cells.append(writer.taken().replace("\n", " "))
    elif name in _BLOCKS:
        yield from writer.block()
        writer.kept -= name == "pre"
        if name in _HEADINGS or name == "li":
            writer.mark, writer.kind = "", Kind.PARAGRAPH

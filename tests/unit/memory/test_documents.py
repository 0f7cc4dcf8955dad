"""Readers of files: real files, read by the real process. And files that were made to break it."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import psutil
import pytest

from apps.memory.adapters.documents import MEDIA_TYPES
from apps.memory.adapters.documents.limited import read_limited
from apps.memory.adapters.documents.rows import Read, Unreadable
from apps.memory.engine.places import place_within
from apps.memory.types import ReadLimits
from tests.factories.files import book, paragraph, pdf, pdf_bomb, word, word_of, zipped

MEGABYTE = 1024 * 1024


def read(data: bytes, ending: str, **limits: int) -> list[Read]:
    with TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return list(read_limited(file, ending=ending, limits=ReadLimits(**limits)))


def text(data: bytes, ending: str) -> str:
    (found,) = read(data, ending)
    assert not isinstance(found.row, Unreadable), found
    return str(found.row["content"])


def refusal(data: bytes, ending: str, **limits: int) -> str:
    (found,) = read(data, ending, **limits)
    assert isinstance(found.row, Unreadable), found
    return found.row.detail


def test_html_comes_out_by_blocks() -> None:
    page = """<!doctype html><html><head><title> The
        trial </title><style>p {}</style><script>alert(1)</script></head><body><nav><a href="x">Home</a></nav>
        <h1>What we <em>learnt</em></h1><p>One<br>two &amp; three<p>Four
        five</p><ul><li>First<li>Second <b>one</b></ul><table><tr><th>Name<th>Boxes</tr><tr><td>Tea
        <td><p>12</p></tr></table><pre>a  b
  c</pre>caf\u00e9</body></html>"""
    (found,) = read(page.encode(), ".html")
    assert found.row == {
        "content": "Home\n\n# What we learnt\n\nOne\ntwo & three\n\nFour five\n\n- First\n- Second one\n\n"
        "Name | Boxes\nTea | 12\n\na  b\n  c\n\ncaf\u00e9",
        "metadata": {"title": "The trial"},
    }
    assert found.place == {"line": 1}


@pytest.mark.parametrize("charset", ["shift_jis", "iso-8859-2", "utf-8", "gb18030", "koi8-r"])
def test_html_is_decoded_as_it_says(charset: str) -> None:
    words = {"shift_jis": "\u65e5\u672c\u8a9e", "iso-8859-2": "\u0159\u00edz", "koi8-r": "\u043c\u0438\u0440"}.get(
        charset, "\u4e2d\u6587"
    )
    assert text(f"<meta charset={charset}><p>{words}".encode(charset), ".htm") == words


def test_html_with_the_mark_of_utf_16() -> None:
    assert text("\ufeff<p>\u4e2d\u6587".encode("utf-16-le"), ".html") == "\u4e2d\u6587"


def test_a_pdf_is_read_page_by_page() -> None:
    head = (72, 800, 9, "ACME annual report")
    pages = [
        [
            head,
            (72, 740, 20, "Results"),
            (72, 710, 11, "The trial ran for four weeks and its infor-"),
            (72, 696, 11, "mation was read by all."),
            (72, 660, 11, "Name"),
            (200, 660, 11, "Boxes"),
            (72, 646, 11, "Tea"),
            (200, 646, 11, "12"),
            (72, 600, 11, "This sentence goes"),
            (72, 40, 9, "Page 1 of 3"),
        ],
        [head, (72, 740, 11, "on over the page. Here is"), (72, 726, 11, "another."), (72, 40, 9, "Page 2 of 3")],
        [head, (72, 740, 11, "The last page (with brackets)."), (72, 40, 9, "Page 3 of 3")],
    ]
    found = read(pdf(pages), ".pdf")
    assert [one.row for one in found] == [
        {
            "content": "Results\n\nThe trial ran for four weeks and its information\nwas read by all.\n\n"
            "Name Boxes\nTea 12\n\nThis sentence goes\non over the page."
        },
        {"content": "Here is\nanother."},
        {"content": "The last page (with brackets)."},
    ]
    # The header is the first line of each page.
    assert [(one.place["page"], one.place["line"]) for one in found] == [(1, 2), (2, 2), (3, 2)]
    row, place = found[0].row, found[0].place
    assert not isinstance(row, Unreadable)
    content = row["content"]

    def place_at(words: str) -> tuple[int | None, int | None]:
        return place_within(place, content, content.index(words), blank_lines=False)

    assert (place_at("was read"), place_at("Tea"), place_at("on over")) == ((1, 4), (1, 6), (2, 2))


def test_headings_at_the_top_of_pages_are_no_headers() -> None:
    pages = [[(72, 740, 20, f"Chapter {n}"), (72, 710, 11, f"{word} is told."), (72, 690, 11, "And more.")]
             for n, word in enumerate(["Tea", "Coffee", "Milk", "Water"], start=1)]  # fmt: skip
    assert "Chapter 3" in str(read(pdf(pages), ".pdf")[2].row)


def test_a_pdf_of_pictures_says_so() -> None:
    assert "pictures of pages and no text" in refusal(pdf([[], []], pictures=True), ".pdf")
    found = read(pdf([[(72, 700, 11, "Text.")], []], pictures=True), ".pdf")
    assert [one.place["page"] for one in found] == [1, 2]
    assert isinstance(found[1].row, Unreadable)
    assert "picture" in found[1].row.detail


def test_a_docx_comes_out_by_blocks() -> None:
    def write(document: Any) -> None:
        document.core_properties.title = "Minutes"
        document.sections[0].header.paragraphs[0].text = "Confidential"
        document.add_heading("Minutes", 0)
        document.add_heading("Decisions", 2)
        document.add_paragraph("We keep\tthe price.")
        document.add_paragraph("First", style="List Bullet")
        document.add_paragraph("Second", style="List Number")
        table = document.add_table(2, 2)
        for place, words in enumerate(["Name", "Boxes", "Tea", "12"]):
            table.cell(*divmod(place, 2)).text = words
        document.add_paragraph("The end.")

    (found,) = read(word(write), ".docx")
    assert found.row == {
        "content": "# Minutes\n\n## Decisions\n\nWe keep\tthe price.\n\n- First\n- Second\n\n"
        "Name | Boxes\nTea | 12\n\nThe end.",
        "metadata": {"title": "Minutes"},
    }


def test_a_docx_has_the_pages_that_word_noted() -> None:
    page = "<w:p><w:r><w:lastRenderedPageBreak/><w:t>{}</w:t></w:r></w:p>"
    inserted = (
        '<w:p><w:ins w:id="1" w:author="x"><w:r><w:t>New.</w:t></w:r></w:ins>'
        '<w:del w:id="2" w:author="x"><w:r><w:delText>Old.</w:delText></w:r></w:del></w:p>'
    )
    (found,) = read(word_of(paragraph("One.") + page.format("Two.") + inserted + page.format("Three.")), ".docx")
    assert found.row == {"content": "One.\n\nTwo.\n\nNew.\n\nThree."}
    assert found.place == {"page": 1, "line": 1, "starts": [[6, 2, 1], [18, 3, 1]]}
    assert place_within(found.place, "One.\n\nTwo.\n\nNew.\n\nThree.", 12, blank_lines=False) == (2, 2)


def test_rows_of_an_xlsx_are_records() -> None:
    sheets: dict[str, list[list[Any]]] = {
        "Tests": [
            [],
            ["content", "team", "occurred_at", "boxes", "on"],
            ["We tested tea.", "Pricing", datetime(2026, 3, 2, 9, 30), 12.0, True],  # noqa: DTZ001 - cells have no zone
            [],
            [None, "Growth", None, 0.5],
        ],
        "Empty": [],
        "Days": [["day", "note"], [datetime(2026, 3, 2), "quiet"], ["x", "y", "beyond"]],  # noqa: DTZ001 - as above
    }
    found = read(book(sheets), ".xlsx")
    assert [(one.row, one.place) for one in found] == [
        (
            {
                "content": "We tested tea.",
                "occurred_at": "2026-03-02T09:30:00Z",
                "metadata": {"team": "Pricing", "boxes": "12", "on": "true"},
            },
            {"sheet": "Tests", "row": 3},
        ),
        (
            {"content": "team: Growth; boxes: 0.5", "metadata": {"team": "Growth", "boxes": "0.5"}},
            {"sheet": "Tests", "row": 5},
        ),
        (
            {"content": "day: 2026-03-02; note: quiet", "metadata": {"day": "2026-03-02", "note": "quiet"}},
            {"sheet": "Days", "row": 2},
        ),
        (
            {
                "content": "day: x; note: y; column 3: beyond",
                "metadata": {"day": "x", "note": "y", "column 3": "beyond"},
            },
            {"sheet": "Days", "row": 3},
        ),
    ]


def test_records_stand_where_they_begin() -> None:
    table = b'content,n\nx,1\n\n"two\nlines",2\n,3\n'
    assert [one.place for one in read(table, ".csv")] == [{"line": 2}, {"line": 4}, {"line": 6}]
    assert [one.place for one in read(b'{"content": "a"}\n\n{"content": "b"}', ".jsonl")] == [{"line": 1}, {"line": 3}]


@pytest.mark.parametrize("ending", sorted({*MEDIA_TYPES} - {".txt", ".md", ".csv", ".jsonl", ".html", ".htm"}))
def test_what_is_not_what_its_name_says(ending: str) -> None:
    assert "damaged, or not what its name says" in refusal(b"\x00\x01 no such thing", ending)
    assert "damaged, or not what its name says" in refusal(b"", ending)


@pytest.mark.parametrize("ending", [".txt", ".md", ".html", ".xlsx", ".docx"])
def test_nothing_in_a_file_is_said_so(ending: str) -> None:
    empty = {".xlsx": book({"Sheet": []}), ".docx": word(lambda _: None)}.get(ending, b" \n")
    assert refusal(empty, ending) == "There is nothing to read in the file."


def test_what_cannot_be_stored_is_replaced() -> None:
    assert text(b"a\x00b", ".txt") == "a b"
    assert text(b"<p>a&#0;b", ".html").count("\x00") == 0


# --- Bombs ------------------------------------------------------------------------------------------------------------


def test_archives_that_unpack_to_too_much() -> None:
    large = zipped({"word/document.xml": b"0" * (300 * MEGABYTE)})
    assert refusal(large, ".docx") == "The file unpacks to more than 256 MB."
    dense = zipped({"xl/workbook.xml": b"0" * (50 * MEGABYTE)})
    assert refusal(dense, ".xlsx") == "The file unpacks to more than 100 times its size."
    many = zipped({f"word/{number}": b"" for number in range(101)})
    assert "more than 100 entries" in refusal(many, ".docx", archive_entries=100)


def test_an_archive_that_lies_about_its_size() -> None:
    honest = zipped({"word/document.xml": b"0" * (20 * MEGABYTE)})
    size = (20 * MEGABYTE).to_bytes(4, "little")
    assert honest.count(size) == 2
    assert "damaged" in refusal(honest.replace(size, (1000).to_bytes(4, "little")), ".docx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(encoding: str) -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE x [<!ENTITY l0 "lol">{lol}]>'
    made = word_of(paragraph("&l9;"), head=head)
    if encoding == "utf-16":
        made = zipped({"word/document.xml": f"<?xml version='1.0'?>{head}<x>&l9;</x>".encode("utf-16")})
    assert refusal(made, ".docx") == "The file defines entities, which its format does not allow."


def test_a_million_paragraphs() -> None:
    # Words that differ: the same ones a million times would be too dense an archive.
    body = "".join(paragraph(f"{number * 7919 % 1_000_003:x} {number}") for number in range(1_000_000))
    detail = refusal(word_of(body), ".docx", text_characters=1_000_000)
    assert detail in {
        "The file holds more than 1,000,000 characters of text.",
        "The file needs more memory to be read than is allowed.",
    }


def test_a_pdf_that_unpacks_to_a_gigabyte() -> None:
    bomb = pdf_bomb(repeats=40_000_000)
    assert len(bomb) < MEGABYTE
    assert "damaged, or needs more" in refusal(bomb, ".pdf")


def test_too_many_pages() -> None:
    assert refusal(pdf([[]] * 11), ".pdf", pages=10) == "The file has more than 10 pages."


def test_too_much_text() -> None:
    page = [(72, 700, 11, "word " * 10)]
    assert "more than 100 characters" in refusal(pdf([page] * 3), ".pdf", text_characters=100)
    assert "more than 100 characters" in refusal(b"<p>" + b"word " * 100, ".html", text_characters=100)


def test_nesting_without_end() -> None:
    good = b'{"content": "good"}'
    nested = read(b"[" * 1_000_000 + b"\n" + b'{"content":' * 100 + b"1" + b"}" * 100 + b"\n" + good, ".jsonl")
    assert [isinstance(one.row, Unreadable) for one in nested] == [True, True, False]
    assert refusal(b"<div>" * 1_000_000 + b"deep", ".html") == "The file is nested too deeply."


def test_a_line_without_end_leaves_the_next_one_readable() -> None:
    first, second = read(b'{"content": "' + b"x" * (20 * MEGABYTE) + b'"}\n{"content": "next"}', ".jsonl")
    assert first.row == Unreadable("The line is longer than 2,000,000 characters.")
    assert second.row == {"content": "next"}
    field = read(b'content\n"' + b"x" * (3 * MEGABYTE) + b'"\nnext\n', ".csv")
    assert isinstance(field[0].row, Unreadable)


def test_a_file_of_a_gigabyte_is_not_read() -> None:
    with TemporaryFile() as file:
        file.truncate(1024 * MEGABYTE)
        (found,) = read_limited(file, ending=".txt", limits=ReadLimits())
    assert found.row == Unreadable("The file is larger than 64 MB.")


def test_rows_without_end() -> None:
    found = read(b'{"content": "x"}\n' * 12, ".jsonl", rows=10)
    assert len(found) == 11
    assert found[-1].row == Unreadable("A file may hold at most 10 rows; the others are left out.")


def test_memory_is_bounded() -> None:
    detail = refusal(b"<p>" + b"<b>x</b>" * 3_000_000, ".html", memory_bytes=256 * MEGABYTE)
    assert detail in {
        "The file needs more memory to be read than is allowed.",
        "The file is damaged, or not what its name says.",
    }


def test_output_is_bounded() -> None:
    assert read(b'{"content": "some words"}\n' * 10_000, ".jsonl", output_bytes=50_000)[-1].row == Unreadable(
        "More comes out of the file than is allowed."
    )


def test_time_is_bounded_by_the_processor_and_by_the_clock() -> None:
    slow = b"word " * 10_000_000
    assert refusal(slow, ".txt", cpu_seconds=1) == "The file takes longer to be read than is allowed."
    began = time.monotonic()
    assert refusal(slow, ".txt", seconds=1) == "The file takes longer to be read than is allowed."
    assert time.monotonic() - began < 20


# --- The process ------------------------------------------------------------------------------------------------------


def children() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if "apps.memory.adapters.documents.child" in one.cmdline()]


def test_the_process_ends_with_whoever_reads() -> None:
    with TemporaryFile() as file:
        file.write(b'{"content": "x"}\n' * 100_000)
        file.seek(0)
        reads: Any = read_limited(file, ending=".jsonl", limits=ReadLimits())
        next(reads)
        (child,) = children()
        assert os.getpgid(child.pid) == child.pid
        reads.close()
    assert not child.is_running()


def test_a_process_that_is_killed_is_said_so(caplog: pytest.LogCaptureFixture) -> None:
    with TemporaryFile() as file:
        file.write(b'{"content": "x"}\n' * 100_000)
        file.seek(0)
        reads: Iterator[Read] = read_limited(file, ending=".jsonl", limits=ReadLimits())
        next(reads)
        children()[0].send_signal(signal.SIGKILL)
        *_, last = reads
    assert last.row == Unreadable("The file is damaged, or needs more to be read than is allowed.")
    assert "ended with -9" in caplog.text


PROBE = """
import json, os, socket, sys
sys.argv = ["child", ".txt", {limits!r}]
from apps.memory.adapters.documents import child
def probe(data, limits):
    from apps.memory.adapters.documents.rows import Read
    def attempt(what, *arguments):
        try:
            what(*arguments)
        except OSError as error:
            return error.errno
        return 0
    yield Read({{"content": json.dumps([
        attempt(open, "/etc/hostname"), attempt(socket.socket), attempt(os.open, "/tmp/x", os.O_CREAT | os.O_WRONLY),
        sorted(os.environ), "django" in sys.modules, "numpy" in sys.modules and sys.modules["numpy"] is not None])}})
import apps.memory.adapters.documents.text as text
text.read_text = probe
child.main()
"""


def test_the_process_can_open_nothing_and_knows_nothing() -> None:
    limits = '{"memory_bytes": 536870912}'
    answer = subprocess.run(  # noqa: S603 - our own Python
        [sys.executable, "-E", "-s", "-X", "utf8", "-c", PROBE.format(limits=limits)],
        cwd=Path(__file__).parents[3],
        env={},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    # Too many open files, three times; no environment but what Python itself puts there; neither Django nor NumPy.
    assert b'"[24, 24, 24, ["LC_CTYPE"], false, false]"' in answer.stdout.replace(b"\\", b""), answer
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 24

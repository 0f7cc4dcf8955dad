"""The page of an invoice, and its PDF."""

from html import escape

from deploy.dev.stripe.lines import day
from deploy.dev.stripe.page_layout import Response, amount_text, button, page
from deploy.dev.stripe.store import Record

MAX_PDF_LINES = 45


def show(record: Record, error: str = "") -> Response:
    amounts = [
        (str(entry["description"]), amount_text(entry["amount"], record["currency"])) for entry in record["_lines"]
    ]
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in amounts)
    sums = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in _sums(record))
    content = f"<p>{escape(_who(record))}</p><p>{escape(_state(record))}</p><table>{rows}{sums}</table>"
    if record["status"] == "open":
        content += button("Pay", "pay", main=True)
    content += f'<p><a href="/invoice/{record["id"]}/pdf">Download PDF</a></p>'
    return page(f"Invoice {record['number'] or '(draft)'}", content, status=402 if error else 200, error=error)


def _who(record: Record) -> str:
    return str(record["customer_name"] or record["customer_email"] or record["customer"])


def _state(record: Record) -> str:
    return f"{day(record['created'])}, {record['status']}"


def _sums(record: Record) -> list[tuple[str, str]]:
    currency, discount = record["currency"], record["subtotal"] - record["total"]
    used = (record["ending_balance"] or 0) - record["starting_balance"]
    rows = [("Subtotal", record["subtotal"])]
    rows += [("Discount", -discount)] if discount else []
    rows += [("Total", record["total"])]
    rows += [("Applied balance", -used)] if used else []
    rows += [("Amount due", record["amount_due"]), ("Amount paid", record["amount_paid"])]
    return [(name, amount_text(amount, currency)) for name, amount in rows]


def pdf(record: Record) -> Response:
    """Return a page of plain text as PDF."""
    currency = record["currency"]
    rows = [f"Invoice {record['number'] or '(draft)'}", _who(record), _state(record), ""]
    rows += [f"{entry['description']}: {amount_text(entry['amount'], currency)}" for entry in record["_lines"]]
    rows += [
        "",
        *(f"{name}: {value}" for name, value in _sums(record)),
        "",
        "A stand-in for Stripe; no money has moved.",
    ]
    return Response(200, _document(rows[:MAX_PDF_LINES]), "application/pdf")


def _document(rows: list[str]) -> bytes:
    """Return the smallest PDF that shows these rows."""
    shown = b"".join(b"(" + _literal(row) + b") Tj T*\n" for row in rows)
    stream = b"BT /F1 10 Tf 50 790 Td 16 TL\n" + shown + b"ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    text, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(text))
        text += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return text + end % (size, table, size, len(text))


def _literal(row: str) -> bytes:
    """Return a row as it stands between the parentheses of a PDF string."""
    printable = "".join(character if character.isprintable() else " " for character in row[:110])
    encoded = printable.encode("cp1252", "replace")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")

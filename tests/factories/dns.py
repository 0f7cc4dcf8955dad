"""A DNS server on loopback that answers with the TXT records it is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rrset


@contextmanager
def dns_server(records: dict[str, list[str]]) -> Iterator[str]:
    """Serve `records`, name -> texts, and yield `address:port`; the mapping may be changed meanwhile."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.2)
        stopped = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, records, stopped), daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            stopped.set()
            thread.join()


def _serve(server: socket.socket, records: dict[str, list[str]], stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            raw, caller = server.recvfrom(4096)
        except TimeoutError:
            continue
        query = dns.message.from_wire(raw)
        answer = dns.message.make_response(query)
        name = query.question[0].name
        texts = records.get(name.to_text(omit_final_dot=True), [])
        if texts:
            answer.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", [f'"{text}"' for text in texts]))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        server.sendto(answer.to_wire(), caller)

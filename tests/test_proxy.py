"""The README's nginx file before a stand-in for the page: who is let in, and who is not."""

import asyncio
import socket
import threading
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from nginx import nginx
from waiting import wait_until

HEADERS = {"Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "Permissions-Policy"}
SLOWLY = {"2r/s": "2r/m", "50r/s": "50r/m"}  # what is refused then doesn't depend on how quick this computer is
PHONES = 200


async def answer(reader, writer):
    """Answer every request at once, and open every websocket, which stays open until the other side closes it."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-l")]
            await reader.readexactly(sum(length))
            if b"Upgrade: websocket" in head:
                writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


@pytest.fixture
def stand_in():
    """The port on which answer() serves, in a thread: Playwright may have a loop of its own in this one."""
    listening, loop = socket.create_server(("127.0.0.1", 0), backlog=1000), asyncio.new_event_loop()

    async def serve():
        async with await asyncio.start_server(answer, sock=listening):
            await over.wait()

    over = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    yield listening.getsockname()[1]
    loop.call_soon_threadsafe(over.set)
    thread.join(60)
    loop.close()


@pytest.fixture
def proxy(tmp_path, stand_in):
    """The address of the README's nginx before the stand-in, with rates per minute in place of rates per second."""
    with nginx(tmp_path, stand_in, SLOWLY) as address:
        yield address


class Person:
    """One connection to the proxy, over which things are asked."""

    def __init__(self, address):
        self._connection = HTTPConnection(urlsplit(address).netloc, timeout=120)
        self.close = self._connection.close

    def begin(self, path, method="GET", body=None, **headers):
        """Ask, without waiting for the answer."""
        self._connection.request(method, f"/digits{path}", body, headers)

    def ask(self, *what, **headers):
        """Ask, and return the status and the headers of the answer."""
        self.begin(*what, **headers)
        answer = self._connection.getresponse()
        if answer.status != 101:
            answer.read()
        return answer.status, answer.headers

    def open_page(self):
        """The status with which a websocket is opened; it stays open."""
        return self.ask("/_stcore/stream", Upgrade="websocket", Connection="Upgrade")[0]


@pytest.fixture
def people():
    """people(n, address) are n who are connected until the end of the test."""
    with ExitStack() as stack:
        yield lambda n, address: [stack.enter_context(closing(Person(address))) for _ in range(n)]


def test_a_hall_behind_one_address_is_let_in_but_not_any_number_of_pages(proxy, people):
    *hall, other = people(301, proxy)
    assert {one.open_page() for one in hall} == {101}
    assert {other.ask("/")[0] for _ in range(6 * PHONES)} == {200}  # a page asks for six things that nginx doesn't keep
    assert other.open_page() == 429


@pytest.mark.parametrize("path, n", [("/_stcore/stream", 400), ("/media/picture.png", 2000)])
def test_an_address_that_asks_again_and_again_is_refused(proxy, people, path, n):
    [one] = people(1, proxy)
    statuses = [one.ask(path)[0] for _ in range(n + 400)]
    assert set(statuses[:n]) == {200} and statuses[-1] == 429


def test_an_address_that_holds_too_many_connections_is_refused(tmp_path, stand_in, people):
    with nginx(tmp_path, stand_in, {"connections 1500": "connections 20"}) as address:
        *slow, other = people(21, address)
        for one in slow:
            one.begin("/_stcore/upload_file/a/b", "PUT", **{"Content-Length": "1000"})  # nothing follows
        wait_until(lambda: other.ask("/")[0] == 429)


def test_a_file_of_4_mb_gets_through_and_a_larger_body_is_refused(proxy, people):
    one, other = people(2, proxy)
    assert one.ask("/_stcore/upload_file/a/b", "PUT", bytes(4 * 2**20 + 1000))[0] == 200
    too_large = {"Content-Length": str(5 * 2**20 + 1)}
    status, headers = other.ask("/_stcore/upload_file/a/b", "PUT", **too_large)
    assert status == 413 and set(headers) >= HEADERS

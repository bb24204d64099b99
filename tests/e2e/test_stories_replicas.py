"""Two replicas of the page behind a proxy, with one PostgreSQL: a class doesn't notice which of them somebody is on."""

import asyncio
import re
import threading
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import expect
from postgresql import postgresql_server


class Proxy:
    """Passes each connection on to the replica that its cookie names: sticky sessions, as load balancers have them."""

    def __init__(self, addresses):
        self._ports = [int(address.rpartition(":")[2]) for address in addresses]
        self.n_connections = [0] * len(addresses)
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._started.wait(60)

    async def _run(self):
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._started.set()
        await self._over.wait()  # then asyncio.run() cancels what is left

    async def _serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:  # the browser opened it in advance
            return writer.close()
        replica = int(re.search(rb"replica=(\d)", head)[1])
        self.n_connections[replica] += 1
        there = await asyncio.open_connection("127.0.0.1", self._ports[replica])
        there[1].write(head)
        await asyncio.gather(self._pass_on(reader, there[1]), self._pass_on(there[0], writer))

    async def _pass_on(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass  # one side has left, so the other has to leave, too
        writer.close()

    def stop(self):
        """End it, with all its connections."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)


@pytest.fixture
def proxy(tmp_path, start_page):
    """A Proxy in front of two replicas with one database."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    secrets = tmp_path / "secrets.toml"
    with TemporaryDirectory() as folder, postgresql_server(folder) as url:  # PostgreSQL's user can't enter tmp_path
        secrets.write_text(f'[connections.classroom]\nurl = "{url}"\n')
        options = "--secrets.files", str(secrets)
        with start_page(tmp_path / "first", *options) as first, start_page(tmp_path / "second", *options) as second:
            proxy = Proxy([first[0], second[0]])
            yield proxy
            proxy.stop()
    assert not list(tmp_path.glob("*/nn-mnist/classes.sqlite"))  # nothing is kept beside the database


def test_two_replicas_share_a_class(visit, proxy):
    def visit_replica(replica, query=""):
        return visit(query, address=proxy.address, cookies=[("replica", replica)])

    teacher = visit_replica("0")
    teacher.unfold("class_part")
    teacher.button("start_class").click()
    code = teacher.page.locator(".nn-code-large").inner_text()
    students = [
        visit_replica(replica, f"?class={code}&epochs=1&images_bundled=500&eta=0.{int(replica) + 1}")
        for replica in "01"
    ]
    names = [re.search("the (.*?) in class", one.page.locator(".nn-class").inner_text())[1] for one in students]
    assert len(set(names)) == 2
    for student in students:
        student.train()
    teacher.page.locator(".st-key-how_to_join label").first.click()
    students[1].page.locator(".st-key-board label").first.click()
    for board in (teacher, students[1]):
        expect(board.page.locator(".nn-class").first).to_contain_text("2 here")
        best = board.page.locator(".nn-best tbody tr")
        expect(best).to_have_count(2)
        for name in names:
            expect(best.filter(has_text=name)).to_have_count(1)
    assert min(proxy.n_connections) > 0

"""What opening the page and each of its refreshes cost the server, in milliseconds of processor time:

    python tests/benchmarks/refreshes.py [--repeat 60]

A visitor who speaks Streamlit's protocol opens the page ten times, trains once, and then asks for each part that
refreshes itself, again and again. Workers are not counted.
"""

import argparse
import asyncio
import time
from urllib.parse import urlencode

from classroom import Server, Visitor, connected

QUERY = urlencode({"epochs": 100, "hidden": 300, "pace": "Full speed"})  # so long that it doesn't end meanwhile


async def measure(server, repeat):
    def processor():
        return 1000 * server.processor_seconds()[0]

    async def opened():
        visitor, socket = Visitor(QUERY), await connected(server.address)
        listening = asyncio.create_task(visitor.listen(socket))
        await visitor.opened(socket)
        await asyncio.sleep(0.5)
        return visitor, socket, listening

    await opened()
    await asyncio.sleep(8)  # the first visit loads what all need
    began = processor()
    pages = [await opened() for _ in range(10)]
    print(f"opening the page             {(processor() - began) / len(pages):6.1f} ms")
    visitor, socket, _ = pages[0]
    began = processor()
    await visitor.press_train(socket)
    await asyncio.sleep(3)
    print(f"pressing Train, 3 s included {processor() - began:6.1f} ms")
    began, start = processor(), time.monotonic()
    await asyncio.sleep(5)
    idle = (processor() - began) / (time.monotonic() - start)
    print(f"a second of training         {idle:6.1f} ms")
    for fragment in list(visitor.timers):
        began, start = processor(), time.monotonic()
        for _ in range(repeat):
            await visitor.rerun(socket, fragment, ticks=True)
            await asyncio.sleep(0.1)
        took = processor() - began - idle * (time.monotonic() - start)
        print(f"a rerun of part {fragment[:6]}       {took / repeat:6.1f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=60)
    with Server() as server:
        server.wait()
        asyncio.run(measure(server, parser.parse_args().repeat))


if __name__ == "__main__":
    main()

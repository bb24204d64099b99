"""What opening the page and each of its refreshes cost the server, in milliseconds of processor time:

    python tests/benchmarks/refreshes.py [--repeat 60] [--boards 10]

A visitor who speaks Streamlit's protocol opens the page ten times, trains once, and then asks for each part that
refreshes itself, again and again. Workers are not counted. With --boards, it is so many boards of one full room
instead, which refresh themselves all at once, and the time until all have been served.
"""

import argparse
import asyncio
import time
from urllib.parse import urlencode

import numpy as np
from classroom import Server, Visitor, connected
from streamlit.proto.WidgetStates_pb2 import WidgetState

from nn import Recipe, load_mnist
from nn.classroom import limits
from nn.classroom.rooms import Classroom
from nn.classroom.submissions import SharedDrawing, Submission, TrainingResult
from nn.files.networks import network_bytes
from nn.network import initial_network
from nn.recipe import ETAS

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


def fill(classroom, code):
    """Fill a room with as many people, trainings, networks and drawings as it takes."""
    rng, images, labels = np.random.default_rng(1), load_mnist().X_train, load_mnist().y_train.tolist()
    network = network_bytes(initial_network(30, 1), compact=True)
    for i in range(limits.MAX_PEOPLE):
        person, submissions = classroom.join(code), []
        for k in range(limits.MAX_ROOM_TRAININGS // limits.MAX_PEOPLE):
            recipe = Recipe(n_hidden=30, eta=float(rng.choice(ETAS)), seed=k, epochs=int(rng.integers(1, 101)))
            result = TrainingResult(recipe, recipe.epochs, False, float(rng.random()), network)
            submissions.append(Submission(person, f"{i}-{k}", result))
        for k in range(limits.MAX_ROOM_DRAWINGS // limits.MAX_PEOPLE):
            n = limits.MAX_PEOPLE * k + i
            submissions.append(Submission(person, f"{k}", SharedDrawing(labels[n], images[n], images[n])))
        classroom.submit(submissions)


async def measure_boards(server, repeat, n_boards):
    classroom = Classroom(f"sqlite:///{server.folder}/nn-mnist/classes.sqlite")
    code, _ = classroom.open_room()
    fill(classroom, code)
    boards = [(Visitor(f"class={code}&view=board"), await connected(server.address)) for _ in range(n_boards)]
    listening = [asyncio.create_task(board.listen(socket)) for board, socket in boards]

    async def run_all(fragments=True):
        n_runs = [board.n_runs for board, _ in boards]
        for board, socket in boards:
            await board.rerun(socket, [*board.timers][0] if fragments else "", ticks=fragments)
        while any(board.n_runs == n for (board, _), n in zip(boards, n_runs)):
            await asyncio.sleep(0.002)

    await run_all(fragments=False)
    for chosen in ("Trainings", "Our digits"):
        for board, _ in boards:
            board.widgets = [WidgetState(id=board.board_view, string_array_value={"data": [chosen]})]
        await run_all()  # what all have in common is computed now
        began, start = server.processor_seconds()[0], time.monotonic()
        for _ in range(repeat):
            await run_all()
        took, waited = server.processor_seconds()[0] - began, time.monotonic() - start
        each = 1000 * took / repeat / n_boards
        print(f"{chosen:12} {each:6.1f} ms a board, all after {1000 * waited / repeat:7.1f} ms", flush=True)
    for one in listening:
        one.cancel()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=60)
    parser.add_argument("--boards", type=int, default=0, help="that many boards of a full room instead")
    arguments = parser.parse_args()
    with Server() as server:
        server.wait()
        if arguments.boards:
            asyncio.run(measure_boards(server, arguments.repeat, arguments.boards))
        else:
            asyncio.run(measure(server, arguments.repeat))


if __name__ == "__main__":
    main()

"""Two settings of the process: the switch interval of threads, and giving free memory back to the system.

    python tests/benchmarks/process.py

The first table is the time of an answer (prepare a drawing, read it) beside a thread that trains. The second is the
resident memory after the networks and snapshots of many visitors were freed, on Linux with glibc.
"""

import argparse
import ctypes
import gc
import itertools
import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from nn import Recipe, load_mnist, load_pretrained, prepare_drawing, train
from nn.images.training_set import TrainingSet
from nn.network import initial_network

INTERVALS = 0.001, 0.005  # seconds; the second is Python's default


def canvas():
    """A drawing of a stroke, uint8 (280, 280, 4)."""
    pixels = np.zeros((280, 280, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[40:240, 130:150, :3] = 255
    return pixels


def train_until(stop):
    """Train small networks again and again until the event is set."""
    mnist = load_mnist()
    while not stop.is_set():
        for _ in train(Recipe(epochs=1, n_hidden=4), mnist.X_train, mnist.y_train):
            if stop.is_set():
                return


def prepare_until(stop):
    """Prepare training images until the event is set."""
    images = TrainingSet(load_mnist().first(2_000), Recipe(preparation="normalized", distorted=True))
    while not stop.is_set():
        images.step()


def answers(network, pixels, n):
    """The milliseconds of each of n answers, an array: one thread asks another for each of three steps, as a server."""
    seconds = []
    with ThreadPoolExecutor(1) as server:
        for _ in range(n):
            time.sleep(0.02)
            began = time.perf_counter()
            image = server.submit(prepare_drawing, pixels, network.preparation).result().image
            outputs = server.submit(network.predict_proba, image.reshape(1, -1)).result()
            server.submit(json.dumps, outputs.tolist()).result()
            seconds.append(time.perf_counter() - began)
    return 1000 * np.array(seconds)


def megabytes():
    """The resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def visit(rng):
    """The arrays of one visitor: a few networks of different sizes, drawings, and small objects between them."""
    networks = [initial_network(int(rng.integers(10, 301)), seed) for seed in range(12)]
    return networks, [rng.random((28, 28)) for _ in range(50)], [{"number": i, "text": str(i)} for i in range(500)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--visitors", type=int, default=200)
    arguments = parser.parse_args()
    network, pixels, before = load_pretrained(), canvas(), sys.getswitchinterval()
    print("milliseconds of an answer           median      95%")
    print(
        "nothing trains              {:10.1f} {:8.1f}".format(*np.quantile(answers(network, pixels, 50), [0.5, 0.95]))
    )
    for work, interval in itertools.product([train_until, prepare_until], INTERVALS):
        sys.setswitchinterval(interval)
        stop = threading.Event()
        busy = threading.Thread(target=work, args=[stop])
        busy.start()
        time.sleep(1)  # it has loaded the images
        low, high = np.quantile(answers(network, pixels, arguments.answers), [0.5, 0.95])
        stop.set()
        busy.join()
        print(f"{work.__name__:13} {1000 * interval:.0f} ms interval {low:8.1f} {high:8.1f}")
    sys.setswitchinterval(before)
    if sys.platform != "linux":
        return
    rng = np.random.default_rng(0)
    print(f"\nresident megabytes: at first {megabytes():.0f}", end="")
    visits = [visit(rng) for _ in range(arguments.visitors)]
    print(f", with {len(visits)} visitors {megabytes():.0f}", end="")
    stays = visits[::50]  # these few are still here, spread over the memory
    visits.clear()
    gc.collect()
    print(f", with {len(stays)} {megabytes():.0f}", end="")
    ctypes.CDLL(None).malloc_trim(0)
    print(f", after malloc_trim {megabytes():.0f}")


if __name__ == "__main__":
    main()

"""The commands of the command line: train, sweep, evaluate, predict, download. Their options are in __main__.py."""

import os
import signal
import sys
import time
from contextlib import closing, suppress
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None

from .analysis.evaluation import evaluate, read
from .disk import check_writable, open_regular
from .engine.download import ENDED
from .engine.sweep import MOST_JOBS, cells, computing_on, plan_sweep, run_sweep, table
from .files.heat_map import picture_format, save_heat_map
from .files.networks import load_network, save_network
from .files.results import appending_to, read_results
from .images.augmented_set import make_augmented_set
from .images.mnist import DataError, cache_path, load_mnist, without_bundled_test
from .images.pictures import read_picture
from .images.preprocessing import prepare_drawing, prepare_images
from .recipe import Recipe, counted
from .training import train

LARGEST_FILE = 300_000_000  # bytes: twenty times what OpenML sends


def recipe_of(arguments):
    """The Recipe of the options that are named like its fields."""
    return Recipe(**{one.name: vars(arguments)[one.name] for one in fields(Recipe) if one.name in arguments})


def train_and_save(arguments):
    """Train a network, print its cost after every epoch, and save it."""
    recipe = recipe_of(arguments)
    check_writable(arguments.out, "The network")
    if arguments.copies < 0:
        raise ValueError("--distorted must be at least 0.")
    mnist = load_mnist(arguments.source)
    if arguments.spare_bundled_test:
        if arguments.source != "openml":
            raise ValueError("--spare-bundled-test needs --data openml: the bundled data hold these images out anyway.")
        mnist = without_bundled_test(mnist)
    if arguments.images is not None:
        mnist = mnist.first(arguments.images)
    X, y = mnist.X_train, mnist.y_train
    if arguments.copies:
        X, y = augmented(X, y, preparation=recipe.preparation, seed=recipe.seed, copies=arguments.copies)
    else:
        X = prepare_images(X, recipe.preparation)
    X_test = prepare_images(mnist.X_test, recipe.preparation)
    print(
        f"{mnist.name}: {len(X):,} images to train on, {len(mnist.X_test):,} held out. "
        "Cost: the sum over the training images."
    )

    width, printed, state = len(str(recipe.epochs)), 0, None
    try:
        for state in train(recipe, X, y, X_test, mnist.y_test):
            if state.epoch.is_integer() and state.epoch > printed:
                printed = int(state.epoch)
                cost, accuracy = evaluate(state.network, X, y)
                costs = f"Cost: {cost * len(X):.2f} | Train Acc.: {100 * accuracy:.2f}%"
                print(f"{printed:{width}}/{recipe.epochs} | {costs}", flush=True)
    except KeyboardInterrupt as interrupt:
        if state is None or state.images_seen == 0:
            raise
        save_network(state.network, arguments.out)
        words = f"Interrupted after {state.epoch:.2f} epochs. {arguments.out} holds the network so far."
        raise KeyboardInterrupt(words) from interrupt
    save_network(state.network, arguments.out)
    if state.diverged:
        words = f"The training diverged: eta = {recipe.eta:g} is too large."
        print(f"{words} {arguments.out} holds the last usable network.")
    report(state.network, mnist, X_test)


def augmented(X, y, **how):
    """Images and labels of a whole augmented set; `how` is for make_augmented_set. Prints a line for each fifth."""
    printed = 0
    for *made, share in make_augmented_set(X, y, **how):
        if share >= printed / 5 + 0.2:
            printed = int(share * 5)
            print(f"Images distorted and prepared: {len(made[0]):,}", flush=True)
    return made


def evaluate_saved(arguments):
    """Measure a saved network on held-out images."""
    report(load_network(arguments.network), load_mnist(arguments.source))


def report(network, mnist, X_test=None):
    """Print how well a network reads the held-out images; X_test if they are prepared already."""
    X_test = prepare_images(mnist.X_test, network.preparation) if X_test is None else X_test
    cost, accuracy = evaluate(network, X_test, mnist.y_test)
    print(f"{len(mnist.X_test):,} held-out images ({mnist.name}): {100 * accuracy:.2f}% right, mean cost {cost:.4f}")


def predict(arguments):
    """Print the digit that a saved network reads in a picture, and the ten outputs."""
    network = load_network(arguments.network)
    with open_regular(arguments.picture) as file:
        drawing = prepare_drawing(read_picture(file), network.preparation)
    if drawing.is_blank:
        print("Nothing is drawn in this picture.")
        return
    outputs, answer = read(network, drawing.image)
    print(f"{arguments.picture}: {answer}")
    print("  ".join(f"{digit}: {output:.3f}" for digit, output in enumerate(outputs)))


def download(arguments):
    """Store OpenML's images on this machine."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED))  # by an exception, so that nothing is left behind
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))  # however much is sent
    with suppress(OSError):  # the next line says why
        cache_path().parent.mkdir(parents=True, exist_ok=True)
    check_writable(cache_path(), "The copy of OpenML's images")
    load_mnist("openml", progress=lambda share: print(f"{100 * share:.0f} %", flush=True))
    if not cache_path().is_file():
        raise DataError(f"The copy of OpenML's images can't be saved as {cache_path()}: the disk is full.")
    print(f"OpenML's images are stored as {cache_path()}.")


def sweep(arguments):
    """Train with each combination of eta, hidden units and seed; what is in the file isn't trained again.

    Raises ValueError or OSError, before any training, if the arguments make no sense or a file can't be written, and
    KeyboardInterrupt with a sentence after Ctrl-C.
    """
    etas = _numbers(arguments.etas, float, "--eta", ".01,.1,1")
    hidden = _numbers(arguments.hidden, int, "--hidden", "0,10,30,100")
    heat_map = arguments.heat_map or Path(arguments.out).with_suffix(".svg")
    picture_format(heat_map)  # ValueError for a file that it can't draw
    if os.path.realpath(heat_map) == os.path.realpath(arguments.out):
        raise ValueError(f"The results and the heat map can't both be {heat_map}.")
    _check_backend(arguments)
    mnist = load_mnist(arguments.source)
    mnist = mnist if arguments.images is None else mnist.first(arguments.images)
    trainings = plan_sweep(replace(recipe_of(arguments), n_images=len(mnist.X_train)), etas, hidden, arguments.seeds)
    there = {result.recipe: result for result in read_results(arguments.out)}
    check_writable(arguments.out, "The table of results")
    check_writable(heat_map, "The heat map")
    done = [there[training] for training in trainings if training in there]
    left = [training for training in trainings if training not in there]
    if done:
        print(f"{len(done)} of {len(trainings)} trainings are in {arguments.out} already.", flush=True)
    try:
        if left:
            _train_all(arguments, left, done)
    except KeyboardInterrupt as interrupt:
        words = f"Interrupted after {len(done)} of {len(trainings)} trainings. {arguments.out} holds them"
        raise KeyboardInterrupt(f"{words}, and the same command goes on from there.") from interrupt
    finally:
        if done:
            _show(done, heat_map)


def _numbers(text, kind, option, example):
    """The numbers in a list such as "1,2,3"; raises ValueError if it is none."""
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError as error:
        raise ValueError(f"{option} must be numbers with commas between them, such as {example}.") from error


def _check_backend(arguments):
    if arguments.jobs is not None and not 1 <= arguments.jobs <= MOST_JOBS:
        raise ValueError(f"--jobs must be from 1 to {MOST_JOBS}, not {arguments.jobs:,}.")
    if (arguments.backend == "dask") != (arguments.scheduler is not None):
        raise ValueError("--backend dask and --scheduler ADDRESS need each other.")
    if arguments.backend == "dask" and arguments.jobs is not None:
        raise ValueError("--jobs has no meaning with --backend dask: all workers of the cluster train.")


def _train_all(arguments, trainings, done):
    """Train all, and add each Result to the file and to the list done as soon as it is there."""
    n = len(done) + len(trainings)
    with (
        computing_on(arguments.backend, arguments.jobs, arguments.scheduler),
        appending_to(arguments.out) as append,
        closing(run_sweep(trainings)) as results,
    ):
        began = time.monotonic()
        for number, result in enumerate(results, start=1):
            append(result)
            done.append(result)
            recipe = result.recipe
            accuracy = "diverged" if result.diverged else f"{100 * result.test_accuracy:.2f}%"
            left = timedelta(seconds=round((time.monotonic() - began) / number * (len(trainings) - number)))
            words = f"eta {recipe.eta:g}, {recipe.n_hidden} hidden units, seed {recipe.seed}: {accuracy}"
            print(f"{len(done):{len(str(n))}}/{n} | {words} | {left} left", flush=True)


def _show(results, heat_map):
    """Print mean and spread over the seeds as a table, and draw them."""
    recipe = results[0].recipe
    found = cells((r.recipe.eta, r.recipe.n_hidden, r.test_accuracy) for r in results)
    print("Held-out accuracy in %, mean (lowest to highest); the columns are numbers of hidden units:")
    print(*table(found), sep="\n")
    n = max(cell.n for cell in found.values())
    title = f"Held-out accuracy, mean of {n} seeds" if n > 1 else "Held-out accuracy"
    note = f"{recipe.n_images:,} images, {counted(recipe.epochs, 'epoch')}, batch size {recipe.batch_size:,}."
    save_heat_map(found, heat_map, title, note)
    print(f"{heat_map} shows them.")

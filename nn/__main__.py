"""The command line: python -m nn train | sweep | evaluate | predict | download."""

import argparse
import os
import signal
import sys
import time
from contextlib import closing
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None

from . import DataError, Recipe, load_mnist, load_network, prepare_drawing, save_network, train
from .analysis.evaluation import evaluate, read
from .disk import check_writable, open_regular
from .engine.download import ENDED
from .engine.sweep import BACKENDS, MOST_JOBS, cells, computing_on, plan_sweep, run_sweep, table
from .files.heat_map import picture_format, save_heat_map
from .files.results import appending_to, read_results
from .images import PREPARATIONS
from .images.augmented_set import make_augmented_set
from .images.mnist import cache_path, without_bundled_test
from .images.pictures import read_picture
from .images.preprocessing import prepare_images
from .recipe import SOURCES, counted

LARGEST_FILE = 300_000_000  # bytes: twenty times what OpenML sends
INTERRUPTED = 130  # the exit status after Ctrl-C, by the shell's convention


def main(argv=None):
    """Run one command; returns the exit status: 0, 2 after a sentence on what was wrong, or 130 after Ctrl-C."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.command(arguments) or 0
    except (ValueError, OSError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except MemoryError:
        print("error: There is not enough memory for this.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED


def _parser():
    default = Recipe()
    parser = argparse.ArgumentParser(prog="python -m nn", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="train | sweep | evaluate | predict | download")

    p = commands.add_parser("train", help="train a network and save it")
    p.add_argument("--out", required=True, help="file to write, such as net.npz")
    p.add_argument("--hidden", type=int, default=default.n_hidden, help="hidden units; 0 for none")
    p.add_argument("--eta", type=float, default=default.eta, help="learning rate")
    p.add_argument("--seed", type=int, default=default.seed)
    help_spare = "with openml: leave out the images that the bundled data hold out"
    p.add_argument("--spare-bundled-test", action="store_true", help=help_spare)
    help_distorted = "also learn from distorted copies, digits from pen strokes, and non-digits"
    p.add_argument("--distorted", type=int, default=0, metavar="COPIES", help=help_distorted)
    p.set_defaults(command=_train)

    s = commands.add_parser("sweep", help="train with many settings and seeds, and draw a heat map of the accuracies")
    s.add_argument("--out", required=True, help="CSV file of results, which is continued if it is there already")
    s.add_argument("--eta", required=True, help="learning rates, such as .01,.1,1")
    s.add_argument("--hidden", required=True, help="numbers of hidden units, such as 0,10,30,100")
    s.add_argument(
        "--seeds", type=int, default=5, help=f"trainings for each pair: seeds {default.seed} and those after"
    )
    s.add_argument("--heat-map", metavar="FILE", help="file to draw, .svg or .png (default: that of --out, with .svg)")
    s.add_argument("--jobs", type=int, help="trainings at a time (default: one for each processor)")
    s.add_argument("--backend", choices=BACKENDS, default="loky", help="this machine, or a cluster of Dask")
    s.add_argument("--scheduler", metavar="ADDRESS", help="with dask: where its scheduler is, such as tcp://host:8786")
    s.set_defaults(command=_sweep)

    for command in (p, s):
        command.add_argument("--epochs", type=int, default=default.epochs)
        command.add_argument("--batch-size", type=int, default=default.batch_size, help="images for one update")
        command.add_argument("--images", type=int, help="train on the first IMAGES images only")
        command.add_argument("--raw-pixels", action="store_true", help="do not scale pixels to 0..1, as the notebook")
        command.add_argument("--no-shuffle", action="store_true", help="the same order in every epoch, as the notebook")
        command.add_argument("--preparation", choices=PREPARATIONS, default="mnist", help="how images are prepared")

    e = commands.add_parser("evaluate", help="measure a saved network on held-out images")
    e.add_argument("network")
    e.set_defaults(command=_evaluate)
    for command in (p, s, e):
        command.add_argument("--data", choices=SOURCES, default="bundled")

    d = commands.add_parser("predict", help="read the digit in a picture")
    d.add_argument("network")
    d.add_argument("picture")
    d.set_defaults(command=_predict)

    o = commands.add_parser("download", help="fetch OpenML's images, so that they are there when they are needed")
    o.set_defaults(command=_download)
    return parser


def _recipe(arguments, **own):
    """The Recipe of `train` or `sweep`: its own settings, and those that both set in the same way."""
    return Recipe(
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        scale=not arguments.raw_pixels,
        shuffle=not arguments.no_shuffle,
        preparation=arguments.preparation,
        source=arguments.data,
        **own,
    )


def _train(arguments):
    recipe = _recipe(arguments, n_hidden=arguments.hidden, eta=arguments.eta, seed=arguments.seed)
    check_out(arguments.out)
    if arguments.distorted < 0:
        raise ValueError("--distorted must be at least 0.")
    mnist = load_mnist(arguments.data)
    if arguments.spare_bundled_test:
        if arguments.data != "openml":
            raise ValueError("--spare-bundled-test needs --data openml: the bundled data hold these images out anyway.")
        mnist = without_bundled_test(mnist)
    if arguments.images is not None:
        mnist = mnist.first(arguments.images)
    X, y = mnist.X_train, mnist.y_train
    if arguments.distorted:
        X, y = augmented(X, y, preparation=arguments.preparation, seed=recipe.seed, copies=arguments.distorted)
    else:
        X = prepare_images(X, arguments.preparation)
    X_test = prepare_images(mnist.X_test, arguments.preparation)
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
                print(
                    f"{printed:{width}}/{recipe.epochs} | Cost: {cost * len(X):.2f} | "
                    f"Train Acc.: {100 * accuracy:.2f}%",
                    flush=True,
                )
    except KeyboardInterrupt:
        if state is None or state.images_seen == 0:
            raise
        save_network(state.network, arguments.out)
        print(f"Interrupted after {state.epoch:.2f} epochs. {arguments.out} holds the network so far.", file=sys.stderr)
        return INTERRUPTED
    save_network(state.network, arguments.out)
    if state.diverged:
        print(
            f"The training diverged: eta = {recipe.eta:g} is too large. {arguments.out} holds the last usable network."
        )
    report(state.network, mnist)


def augmented(X, y, **how):
    """Images and labels of a whole augmented set, made as make_augmented_set is told; prints a line for each fifth."""
    printed = 0
    for made in make_augmented_set(X, y, **how):
        if made.share >= printed / 5 + 0.2:
            printed = int(made.share * 5)
            print(f"Images distorted and prepared: {len(made.X):,}", flush=True)
    return made.X, made.y


def check_out(path, what="network"):
    """Raises ValueError if no file can be written there: better to hear it before the training than after it."""
    try:
        check_writable(path)
    except OSError as error:
        raise ValueError(f"The {what} can't be saved as {path}: {error.strerror or error}.") from error


def _sweep(arguments):
    etas = _numbers(arguments.eta, float, "--eta", ".01,.1,1")
    hidden = _numbers(arguments.hidden, int, "--hidden", "0,10,30,100")
    heat_map = arguments.heat_map or Path(arguments.out).with_suffix(".svg")
    picture_format(heat_map)
    if os.path.realpath(heat_map) == os.path.realpath(arguments.out):
        raise ValueError(f"The results and the heat map can't both be {heat_map}.")
    _check_backend(arguments)
    mnist = load_mnist(arguments.data)
    n_images = len(mnist.X_train) if arguments.images is None else len(mnist.first(arguments.images).X_train)
    trainings = plan_sweep(_recipe(arguments, n_images=n_images), etas, hidden, arguments.seeds)
    there = {result.recipe: result for result in read_results(arguments.out)}
    check_out(arguments.out, "table of results")
    check_out(heat_map, "heat map")
    done = [there[training] for training in trainings if training in there]
    if done:
        print(f"{len(done)} of {len(trainings)} trainings are in {arguments.out} already.", flush=True)
    left = [training for training in trainings if training not in there]
    try:
        if left:
            _train_all(arguments, left, done, len(trainings))
    except KeyboardInterrupt:
        print(
            f"Interrupted after {len(done)} of {len(trainings)} trainings. {arguments.out} holds them, "
            "and the same command goes on from there.",
            file=sys.stderr,
        )
        return INTERRUPTED
    finally:
        if done:
            _show(done, heat_map)


def _check_backend(arguments):
    if arguments.jobs is not None and not 1 <= arguments.jobs <= MOST_JOBS:
        raise ValueError(f"--jobs must be from 1 to {MOST_JOBS}, not {arguments.jobs:,}.")
    if (arguments.backend == "dask") != (arguments.scheduler is not None):
        raise ValueError("--backend dask and --scheduler ADDRESS need each other.")
    if arguments.backend == "dask" and arguments.jobs is not None:
        raise ValueError("--jobs has no meaning with --backend dask: all workers of the cluster train.")


def _train_all(arguments, trainings, done, n):
    """Train, note every Result in the file and in the list done, and say how far it is: n trainings are all of them."""
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
            seconds = (time.monotonic() - began) / number * (len(trainings) - number)
            print(
                f"{len(done):{len(str(n))}}/{n} | eta {recipe.eta:g}, {recipe.n_hidden} hidden units, "
                f"seed {recipe.seed}: {accuracy} | {_duration(seconds)} left",
                flush=True,
            )


def _show(results, heat_map):
    """Print mean and spread over the seeds as a table, and draw them."""
    recipe = results[0].recipe
    found = cells((r.recipe.eta, r.recipe.n_hidden, r.test_accuracy) for r in results)
    print("Held-out accuracy in %, mean (lowest to highest); the columns are numbers of hidden units:")
    print(*table(found), sep="\n")
    n = max(cell.n for cell in found.values())
    title = f"Held-out accuracy, mean of {n} seeds" if n > 1 else "Held-out accuracy"
    save_heat_map(
        found,
        heat_map,
        title,
        f"{recipe.n_images:,} images, {counted(recipe.epochs, 'epoch')}, batch size {recipe.batch_size:,}.",
    )
    print(f"{heat_map} shows them.")


def _numbers(text, kind, option, example):
    """The numbers in a list such as "1,2,3"; raises ValueError if it is none."""
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError as error:
        raise ValueError(f"{option} must be numbers with commas between them, such as {example}.") from error


def _duration(seconds):
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _evaluate(arguments):
    report(load_network(arguments.network), load_mnist(arguments.data))


def report(network, mnist):
    cost, accuracy = evaluate(network, prepare_images(mnist.X_test, network.preparation), mnist.y_test)
    print(f"{len(mnist.X_test):,} held-out images ({mnist.name}): {100 * accuracy:.2f}% right, mean cost {cost:.4f}")


def _predict(arguments):
    network = load_network(arguments.network)
    with open_regular(arguments.picture) as file:
        drawing = prepare_drawing(read_picture(file), network.preparation)
    if drawing.is_blank:
        print("Nothing is drawn in this picture.")
        return
    outputs, answer = read(network, drawing.image)
    print(f"{arguments.picture}: {answer}")
    print("  ".join(f"{digit}: {output:.3f}" for digit, output in enumerate(outputs)))


def _download(arguments):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED))  # by an exception, so that nothing is left behind
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))  # however much is sent
    try:
        cache_path().parent.mkdir(parents=True, exist_ok=True)
        check_writable(cache_path())
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"OpenML's images can't be stored as {cache_path()}: {reason}.") from error
    load_mnist("openml", progress=lambda share: print(f"{100 * share:.0f} %", flush=True))
    if not cache_path().is_file():
        raise DataError(f"OpenML's images can't be stored as {cache_path()}: the disk is full.")
    print(f"OpenML's images are stored as {cache_path()}.")


if __name__ == "__main__":
    sys.exit(main())

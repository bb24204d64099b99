"""The command line: python -m nn train | sweep | evaluate | predict | download."""

import argparse
import signal
import sys
from contextlib import suppress

try:
    import resource
except ImportError:  # Windows
    resource = None

from . import DataError, Recipe, load_mnist, load_network, prepare_drawing, save_network, train
from .analysis.evaluation import evaluate, read
from .disk import check_writable, open_regular
from .engine.download import ENDED
from .images import PREPARATIONS
from .images.augmented_set import make_augmented_set
from .images.mnist import cache_path, without_bundled_test
from .images.pictures import read_picture
from .images.preprocessing import prepare_images
from .recipe import SOURCES
from .sweep_command import SWEEP, recipe_of, sweep

LARGEST_FILE = 300_000_000  # bytes: twenty times what OpenML sends
INTERRUPTED = 130  # the exit status after Ctrl-C, by the shell's convention
USUAL = Recipe()

DATA = {"--data": {"choices": SOURCES, "dest": "source", "default": USUAL.source, "help": "where the images come from"}}
SETTINGS = {  # of train and sweep
    "--epochs": {"type": int, "default": USUAL.epochs},
    "--batch-size": {"type": int, "default": USUAL.batch_size, "help": "images for one update"},
    "--images": {"type": int, "help": "train on the first IMAGES images only"},
    "--raw-pixels": {"action": "store_false", "dest": "scale", "help": "keep pixels of 0..255, as the notebook"},
    "--no-shuffle": {"action": "store_false", "dest": "shuffle", "help": "the same order in every epoch"},
    "--preparation": {"choices": PREPARATIONS, "default": USUAL.preparation, "help": "how images are prepared"},
}
TRAIN = {
    "--out": {"required": True, "help": "file to write, such as net.npz"},
    "--hidden": {"type": int, "dest": "n_hidden", "default": USUAL.n_hidden, "help": "hidden units; 0 for none"},
    "--eta": {"type": float, "default": USUAL.eta, "help": "learning rate"},
    "--seed": {"type": int, "default": USUAL.seed},
    "--spare-bundled-test": {"action": "store_true", "help": "with openml: leave out the bundled held-out images"},
    "--distorted": {
        "type": int,
        "dest": "copies",
        "default": 0,
        "metavar": "COPIES",
        "help": "also learn from distorted copies, digits from pen strokes, and non-digits",
    },
}


def main(argv=None):
    """Run one command; returns the exit status: 0, 2 after a sentence that says what was wrong, or 130 after Ctrl-C."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.command(arguments)
        return 0
    except (ValueError, OSError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except MemoryError:
        print("error: There is not enough memory for this.", file=sys.stderr)
        return 2
    except KeyboardInterrupt as interrupt:
        print(*interrupt.args or ["Interrupted."], file=sys.stderr)
        return INTERRUPTED


def _parser():
    parser = argparse.ArgumentParser(prog="python -m nn", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="train | sweep | evaluate | predict | download")
    for name, command, options, help in [
        ("train", _train, TRAIN | SETTINGS | DATA, "train a network and save it"),
        ("sweep", sweep, SWEEP | SETTINGS | DATA, "train with many settings and seeds, and draw a heat map"),
        ("evaluate", _evaluate, {"network": {}} | DATA, "measure a saved network on held-out images"),
        ("predict", _predict, {"network": {}, "picture": {}}, "read the digit in a picture"),
        ("download", _download, {}, "fetch OpenML's images, so that they are there when they are needed"),
    ]:
        one = commands.add_parser(name, help=help)
        one.set_defaults(command=command)
        for option, how in options.items():
            one.add_argument(option, **how)
    return parser


def _train(arguments):
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
    report(state.network, mnist)


def augmented(X, y, **how):
    """Images and labels of a whole augmented set; `how` is for make_augmented_set. Prints a line for each fifth."""
    printed = 0
    for made in make_augmented_set(X, y, **how):
        if made.share >= printed / 5 + 0.2:
            printed = int(made.share * 5)
            print(f"Images distorted and prepared: {len(made.X):,}", flush=True)
    return made.X, made.y


def _evaluate(arguments):
    report(load_network(arguments.network), load_mnist(arguments.source))


def report(network, mnist):
    """Print how well a network reads the held-out images."""
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
    with suppress(OSError):  # the next line says why
        cache_path().parent.mkdir(parents=True, exist_ok=True)
    check_writable(cache_path(), "The copy of OpenML's images")
    load_mnist("openml", progress=lambda share: print(f"{100 * share:.0f} %", flush=True))
    if not cache_path().is_file():
        raise DataError(f"The copy of OpenML's images can't be saved as {cache_path()}: the disk is full.")
    print(f"OpenML's images are stored as {cache_path()}.")


if __name__ == "__main__":
    sys.exit(main())

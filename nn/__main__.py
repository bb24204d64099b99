"""The command line: python -m nn train | evaluate | predict | download."""

import argparse
import signal
import sys

try:
    import resource
except ImportError:  # Windows
    resource = None

from . import DataError, Settings, load_mnist, load_network, prepare_drawing, save_network, train
from .files import check_writable, open_regular
from .images.augmented_set import make_augmented_set
from .images.download import ENDED
from .images.mnist import cache_path, without_bundled_test
from .images.pictures import read_picture
from .images.preparations import PREPARATIONS
from .images.preprocessing import prepare_images
from .network import read
from .training import evaluate

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
    default = Settings()
    parser = argparse.ArgumentParser(prog="python -m nn", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="train | evaluate | predict | download")

    p = commands.add_parser("train", help="train a network and save it")
    p.add_argument("--out", required=True, help="file to write, such as net.npz")
    p.add_argument("--epochs", type=int, default=default.epochs)
    p.add_argument("--hidden", type=int, default=default.n_hidden, help="hidden units; 0 for none")
    p.add_argument("--eta", type=float, default=default.eta, help="learning rate")
    p.add_argument("--batch-size", type=int, default=default.batch_size, help="images for one update")
    p.add_argument("--seed", type=int, default=default.seed)
    p.add_argument("--images", type=int, help="train on the first IMAGES images only")
    p.add_argument("--raw-pixels", action="store_true", help="do not scale pixels to 0..1, as in the notebook")
    p.add_argument("--no-shuffle", action="store_true", help="the same order in every epoch, as in the notebook")
    help_spare = "with openml: leave out the images that the bundled data hold out"
    p.add_argument("--spare-bundled-test", action="store_true", help=help_spare)
    p.add_argument("--preparation", choices=PREPARATIONS, default="mnist", help="how images are prepared")
    help_distorted = "also learn from distorted copies, digits from pen strokes, and non-digits"
    p.add_argument("--distorted", type=int, default=0, metavar="COPIES", help=help_distorted)
    p.set_defaults(command=_train)

    e = commands.add_parser("evaluate", help="measure a saved network on held-out images")
    e.add_argument("network")
    e.set_defaults(command=_evaluate)
    for command in (p, e):
        command.add_argument("--data", choices=["bundled", "openml"], default="bundled")

    d = commands.add_parser("predict", help="read the digit in a picture")
    d.add_argument("network")
    d.add_argument("picture")
    d.set_defaults(command=_predict)

    o = commands.add_parser("download", help="fetch OpenML's images, so that they are there when they are needed")
    o.set_defaults(command=_download)
    return parser


def _train(arguments):
    settings = Settings(
        n_hidden=arguments.hidden,
        eta=arguments.eta,
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        seed=arguments.seed,
        scale=not arguments.raw_pixels,
        shuffle=not arguments.no_shuffle,
        preparation=arguments.preparation,
    )
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
        X, y = augmented(X, y, preparation=arguments.preparation, seed=settings.seed, copies=arguments.distorted)
    else:
        X = prepare_images(X, arguments.preparation)
    X_test = prepare_images(mnist.X_test, arguments.preparation)
    print(
        f"{mnist.name}: {len(X):,} images to train on, {len(mnist.X_test):,} held out. "
        "Cost: the sum over the training images."
    )

    width, printed, run = len(str(settings.epochs)), 0, None
    try:
        for run in train(settings, X, y, X_test, mnist.y_test):
            if run.epoch.is_integer() and run.epoch > printed:
                printed = int(run.epoch)
                cost, accuracy = evaluate(run.network, X, y)
                print(
                    f"{printed:{width}}/{settings.epochs} | Cost: {cost * len(X):.2f} | "
                    f"Train Acc.: {100 * accuracy:.2f}%",
                    flush=True,
                )
    except KeyboardInterrupt:
        if run is None or run.images_seen == 0:
            raise
        save_network(run.network, arguments.out)
        print(f"Interrupted after {run.epoch:.2f} epochs. {arguments.out} holds the network so far.", file=sys.stderr)
        return INTERRUPTED
    save_network(run.network, arguments.out)
    if run.diverged:
        print(
            f"The training diverged: eta = {settings.eta:g} is too large. "
            f"{arguments.out} holds the last usable network."
        )
    report(run.network, mnist)


def augmented(X, y, **how):
    """Images and labels of a whole augmented set, made as make_augmented_set is told; prints a line for each fifth."""
    printed = 0
    for made in make_augmented_set(X, y, **how):
        if made.share >= printed / 5 + 0.2:
            printed = int(made.share * 5)
            print(f"Images distorted and prepared: {len(made.X):,}", flush=True)
    return made.X, made.y


def check_out(path):
    """Raises ValueError if no file can be written there: better to hear it before the training than after it."""
    try:
        check_writable(path)
    except OSError as error:
        raise ValueError(f"The network can't be saved as {path}: {error.strerror or error}.") from error


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

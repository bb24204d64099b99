"""The command line: python -m nn train | sweep | evaluate | predict | download."""

import argparse
import sys

from . import DataError, Recipe
from .cli import download, evaluate_saved, predict, sweep, train_and_save
from .engine.sweep import BACKENDS
from .images import PREPARATIONS
from .recipe import SOURCES

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
SWEEP = {
    "--out": {"required": True, "help": "CSV file of results, which is continued if it is there already"},
    "--eta": {"dest": "etas", "metavar": "ETA", "required": True, "help": "learning rates, such as .01,.1,1"},
    "--hidden": {"required": True, "help": "numbers of hidden units, such as 0,10,30,100"},
    "--seeds": {"type": int, "default": 5, "help": f"trainings for each pair: seeds {USUAL.seed} and those after"},
    "--heat-map": {"metavar": "FILE", "help": "file to draw, .svg or .png (default: that of --out, with .svg)"},
    "--jobs": {"type": int, "help": "trainings at a time (default: one for each processor)"},
    "--backend": {"choices": BACKENDS, "default": BACKENDS[0], "help": "this machine, or a cluster of Dask"},
    "--scheduler": {"metavar": "ADDRESS", "help": "with dask: where its scheduler is, such as tcp://host:8786"},
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
        ("train", train_and_save, TRAIN | SETTINGS | DATA, "train a network and save it"),
        ("sweep", sweep, SWEEP | SETTINGS | DATA, "train with many settings and seeds, and draw a heat map"),
        ("evaluate", evaluate_saved, {"network": {}} | DATA, "measure a saved network on held-out images"),
        ("predict", predict, {"network": {}, "picture": {}}, "read the digit in a picture"),
        ("download", download, {}, "fetch OpenML's images, so that they are there when they are needed"),
    ]:
        one = commands.add_parser(name, help=help)
        one.set_defaults(command=command)
        for option, how in options.items():
            one.add_argument(option, **how)
    return parser


if __name__ == "__main__":
    sys.exit(main())

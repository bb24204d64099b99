"""The command `python -m nn sweep`: train a grid of settings and seeds, note the results, and draw them."""

import os
import time
from contextlib import closing
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

from .disk import check_writable
from .engine.sweep import BACKENDS, MOST_JOBS, cells, computing_on, plan_sweep, run_sweep, table
from .files.heat_map import picture_format, save_heat_map
from .files.results import appending_to, read_results
from .images.mnist import load_mnist
from .recipe import Recipe, counted

SWEEP = {  # its own options
    "--out": {"required": True, "help": "CSV file of results, which is continued if it is there already"},
    "--eta": {"dest": "etas", "metavar": "ETA", "required": True, "help": "learning rates, such as .01,.1,1"},
    "--hidden": {"required": True, "help": "numbers of hidden units, such as 0,10,30,100"},
    "--seeds": {"type": int, "default": 5, "help": f"trainings for each pair: seeds {Recipe().seed} and those after"},
    "--heat-map": {"metavar": "FILE", "help": "file to draw, .svg or .png (default: that of --out, with .svg)"},
    "--jobs": {"type": int, "help": "trainings at a time (default: one for each processor)"},
    "--backend": {"choices": BACKENDS, "default": BACKENDS[0], "help": "this machine, or a cluster of Dask"},
    "--scheduler": {"metavar": "ADDRESS", "help": "with dask: where its scheduler is, such as tcp://host:8786"},
}


def recipe_of(arguments):
    """The Recipe of the options that are named like its fields."""
    return Recipe(**{one.name: vars(arguments)[one.name] for one in fields(Recipe) if one.name in arguments})


def sweep(arguments):
    """Train with each combination of eta, hidden units and seed; what is in the file isn't trained again.

    Raises ValueError or OSError, before any training, if the arguments make no sense or a file can't be written, and
    KeyboardInterrupt with a sentence after Ctrl-C.
    """
    etas = _numbers(arguments.etas, float, "--eta", ".01,.1,1")
    hidden = _numbers(arguments.hidden, int, "--hidden", "0,10,30,100")
    heat_map = arguments.heat_map or Path(arguments.out).with_suffix(".svg")
    picture_format(heat_map)
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

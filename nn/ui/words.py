"""A training's settings in words."""

from ..training import MAX_BATCH


def settings_in_words(controls, compared):
    """What sets Controls apart from others that they are compared with: "η = 0.1, raw pixels"; "" if nothing does."""
    ours, theirs = _words(controls), _words(compared)
    return ", ".join(words for words, other in zip(ours, theirs) if words != other)


def all_settings_in_words(controls):
    """All settings of Controls: "30 hidden units, η = 0.1, ..."."""
    return ", ".join(_words(controls))


def told_apart(several):
    """For each of several Controls what tells them apart, in words: the settings that are not the same in all."""
    words = [_words(controls) for controls in several]
    telling = [len(set(setting)) > 1 for setting in zip(*words)]
    return [", ".join(setting for setting, tells in zip(one, telling) if tells) for one in words]


def _words(controls):
    """Every setting in words, always in the same order."""
    settings = controls.settings
    batch = {1: "one image a step", MAX_BATCH: "all images in one batch"}
    return [
        f"{settings.n_hidden:,} hidden unit{'' if settings.n_hidden == 1 else 's'}",
        f"η = {settings.eta:g}",
        f"{settings.epochs} epoch{'' if settings.epochs == 1 else 's'}",
        batch.get(settings.batch_size, f"batches of {settings.batch_size}"),
        f"{controls.n_images:,} {'bundled images' if controls.source == 'bundled' else 'images from OpenML'}",
        "distorted images too" if controls.distorted else "no distorted images",
        "straightened" if settings.preparation == "normalized" else "not straightened",
        "scaled pixels" if settings.scale else "raw pixels",
        "shuffled" if settings.shuffle else "no shuffle",
        "sorted by digit" if controls.is_sorted else "not sorted",
        f"seed {settings.seed}",
    ]

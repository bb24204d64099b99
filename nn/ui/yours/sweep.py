"""Sweep: learning rates and hidden units, each with several seeds, in the background; a heat map fills meanwhile."""

from dataclasses import dataclass, field, replace

import streamlit as st

from ...engine.scheduler import AT_ONCE
from ...engine.sweep import cells, grid, train_grid
from ...engine.task import Task
from ...images.training_set import TrainingSet
from ...recipe import DEFAULT, ETAS, Recipe, counted
from ..charts.curves import trainings_data, trainings_spec
from ..charts.matrices import heat_map_data, heat_map_spec, spread_in_words
from ..numbers import duration
from ..session.layout import chart
from ..session.measurements import seconds_per_image
from ..session.refresh import fragment, picture_seconds
from ..session.shared import scheduler, training_set
from ..session.state import KEEP, part, pick, set_value, several_of, this_session, value_of

HIDDEN = [0, 1, 3, 10, 30, 100, 300]
FIRST_ETAS, FIRST_HIDDEN = [0.01, 0.1, 1.0], [0, 10, 30, 100]
MAX_TRAININGS, MAX_SEEDS = 100, 5
CURVES_HEIGHT = 200  # pixels


@dataclass(eq=False)
class Sweep:
    """A visitor's latest sweep: the Recipe that its trainings share, the values that vary, and all its Recipes.

    states : dict of Recipe -> TrainingState without its network, of the trainings that are over
    task : Task or None, before the first sweep
    """

    recipe: Recipe = DEFAULT
    etas: tuple = ()
    hidden: tuple = ()
    recipes: tuple = ()
    images: TrainingSet | None = None
    states: dict = field(default_factory=dict)
    task: Task | None = None

    @property
    def active(self):
        """Whether it is under way."""
        return self.task is not None and self.task.active

    def cells(self):
        """A dict of (eta, n_hidden) -> Cell: of the trainings that are over."""
        states = list(self.states.items())  # at once: a training may end meanwhile
        return cells([(recipe.eta, recipe.n_hidden, state.history[-1].test_accuracy) for recipe, state in states])

    def close(self):
        """Cancel it when the connection breaks; its results stay."""
        if self.task is not None:
            self.task.cancel()


def panel(view, recipe):
    """Draw the choice of values, the time that they take, and the heat map; refreshed while a sweep is under way."""

    def active(view):
        return part(Sweep).active or _measures(recipe)

    fragment(_panel, view, recipe, every=picture_seconds, active=active)


def _measures(recipe):
    """Whether the time for one of the chosen numbers of hidden units is being measured."""
    return any(seconds_per_image(n, recipe.batch_size).active for n in _hidden())


def _hidden():
    """The chosen numbers of hidden units."""
    return tuple(value_of("sweep_hidden", several_of(HIDDEN), FIRST_HIDDEN))


def _panel(view, recipe):
    with st.container(horizontal=True, vertical_alignment="bottom", key="sweep_choice"):
        st.multiselect("Learning rates η", ETAS, FIRST_ETAS, format_func="{:g}".format, key="sweep_etas", **KEEP)
        measure = {"on_change": _measure_others, "args": (recipe,)}
        st.multiselect("Hidden units", HIDDEN, FIRST_HIDDEN, key="sweep_hidden", **measure, **KEEP)
        n_seeds = int(st.number_input("Seeds of each", 1, MAX_SEEDS, 3, key="sweep_seeds", width=130, **KEEP))
    # Streamlit takes a value several times, and any number that is shown like one of them.
    etas, hidden = tuple(value_of("sweep_etas", several_of(ETAS), FIRST_ETAS)), _hidden()
    recipes = grid(recipe, etas, hidden, n_seeds)
    sweep = part(Sweep)
    with st.container(horizontal=True, vertical_alignment="center", key="sweep_line"):
        if sweep.active:
            st.button("Stop", key="stop_sweep", icon=":material/stop:", on_click=sweep.task.cancel)
        else:
            start = {"on_click": _start, "args": (recipe, etas, hidden, recipes), "type": "primary"}
            start["disabled"] = not 0 < len(recipes) <= MAX_TRAININGS
            st.button("Start", key="start_sweep", icon=":material/play_arrow:", **start)
        seconds = {n: seconds_per_image(n, recipe.batch_size).result for n in hidden}
        st.markdown(plan_in_words(recipes, recipe, seconds))
    if sweep.task is not None:
        _results(sweep)


def _measure_others(recipe):
    """Let the panel tick if a newly chosen number has to be measured first. This is a callback."""
    this_session().redraws |= _measures(recipe)


def plan_in_words(recipes, recipe, seconds):
    """The number of trainings by these Recipes, their common settings and their time, in a sentence or two.

    seconds : dict of n_hidden -> seconds to learn from one image, or None until they are known
    """
    if not recipes:
        return "Choose at least one learning rate and one number of hidden units."
    if len(recipes) > MAX_TRAININGS:
        return f"{len(recipes)} trainings are too many: at most {MAX_TRAININGS}."
    varied = replace(recipe, eta=DEFAULT.eta, n_hidden=DEFAULT.n_hidden, seed=DEFAULT.seed)
    common = varied.changes(DEFAULT)
    words = f"**{counted(len(recipes), 'training')}**, all else as in the sidebar{f' ({common})' if common else ''}"
    costs = [seconds.get(one.n_hidden) for one in recipes]
    if None in costs:
        return f"{words}. Measuring how long they take …"
    total = sum(costs) * recipe.n_images_in_all * recipe.epochs / min(AT_ONCE, scheduler().n_workers)
    return f"{words}: about {duration(total)}. If anyone presses **Train**, the sweep waits."


def _start(recipe, etas, hidden, recipes):
    """Start a sweep, with the results of the one before that it would repeat. This is a callback."""
    sweep, images = part(Sweep), training_set(recipe)
    sweep.close()
    known = sweep.states if sweep.images is images else {}
    states = {one: state for one, state in known.items() if one in recipes}
    task = Task(train_grid, scheduler(), images, recipes, states, name="sweep").start()
    sweep.recipe, sweep.etas, sweep.hidden, sweep.recipes = recipe, etas, hidden, recipes
    sweep.images, sweep.states, sweep.task = images, states, task
    this_session().redraws = True  # so that it begins to tick


def _results(sweep):
    """Draw the progress of a sweep, its heat map, and the details of a chosen cell."""
    task, n, done = sweep.task, len(sweep.recipes), len(sweep.states)
    waits = ", in the pauses of other trainings" if scheduler().n_shares else ""
    state = f"under way{waits}" if task.active else "done" if done == n else "stopped"
    st.progress(done / n, f"{done} of {n} trainings: {state}")
    if task.error is not None:
        st.error(f"The sweep ended with an error: {type(task.error).__name__}: {task.error}")
    found = sweep.cells()
    left, right = st.columns([0.6, 0.4], gap="medium")
    with left:
        data, spec = heat_map_data(found, sweep.etas, sweep.hidden), heat_map_spec(sweep.etas, sweep.hidden)
        alt = "Mean accuracy on unseen images for each learning rate and number of hidden units. "
        alt += "; ".join(cell_in_words(place, cell) for place, cell in found.items())
        chart(data, spec, alt=alt, key="heat_map", on_select=lambda: _choose_clicked(found))
        st.caption(
            "The mean accuracy on unseen images over the seeds; beneath it the lowest and the highest. Darker: fewer "
            "mistakes. Click a cell, or choose it in the list."
        )
    with right:
        if found:
            _cell(sweep, found)


def _choose_clicked(found):
    """Choose the cell that was clicked. This is a callback."""
    if chosen := value_of("heat_map", lambda state: clicked_cell(state, found)):
        set_value("sweep_cell", chosen)


def clicked_cell(state, found):
    """The place of one of the cells found, as the heat map's state names it; for value_of()."""
    cell = state["selection"]["cell"][0]
    return pick(list(found), (float(cell["eta"]), int(cell["hidden"].replace(",", ""))))


def _cell(sweep, found):
    """Draw the choice of a cell, the best one until another is chosen, its curves, and the button to use it."""
    order = sorted(found, key=lambda place: -found[place].mean)
    chosen = st.selectbox(
        "Choose a result (best first)",
        order,
        index=None,
        placeholder="The best result",
        key="sweep_cell",
        format_func=cell_in_words,  # without the numbers, which change: the browser would go on showing the old ones
    )
    eta, n_hidden = place = order[0] if chosen is None else chosen
    st.markdown(cell_in_words(place, found[place]))
    of_cell = [(one.seed, state) for one, state in list(sweep.states.items()) if (one.eta, one.n_hidden) == place]
    curves = [(number, f"seed {seed}", state) for number, (seed, state) in enumerate(of_cell, 1)]
    spec = trainings_spec(curves, "accuracy", CURVES_HEIGHT)
    chart(trainings_data(curves, "accuracy"), spec, alt="Accuracy on unseen images of each seed over the images seen")
    recipe = replace(sweep.recipe, eta=eta, n_hidden=n_hidden)
    st.button("Use these settings", key="cell_to_sidebar", on_click=_use_settings, args=(recipe,))


def cell_in_words(place, cell=None):
    """A cell in words: its place (eta, n_hidden), and its Cell, if its numbers are wanted."""
    eta, n_hidden = place
    mean = "" if cell is None else f": {cell.mean:.1%} ({spread_in_words(cell)})"
    return f"η = {eta:g}, {counted(n_hidden, 'hidden unit')}{mean}"


def _use_settings(recipe):
    """Set the sidebar to a cell's Recipe. This is a callback; the sidebar has to be drawn afterwards."""
    this_session().to_set, this_session().redraws = recipe, True

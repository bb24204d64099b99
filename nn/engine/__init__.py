"""Work in the background, for many visitors at once.

task.py          Task: a function in a thread of its own
turn_queue.py    TurnQueue: who may compute next, by Priority
executors.py     Executor: where a slice of work is computed: another process, a Dask cluster, or here
slices.py        a training in slices
scheduler.py     Scheduler: all trainings under way, slice by slice in turns
subscription.py  Subscription: a visitor's share in one of them
snapshots.py     SnapshotStore: the network at a few moments of a training
training.py      Training: what the page, a class and a file show
background.py    several trainings one after the other, for fine_tuning.py (a visitor's drawings) and sweep.py (a grid)
download.py      Download: OpenML's images
"""

"""Work in the background, for many visitors at once.

task.py          Task: a function in a thread of its own
turn_queue.py    TurnQueue: admits work by Priority
executors.py     Executor: computes slices of work in other processes, on a Dask cluster, or here
slices.py        a training in slices
scheduler.py     Scheduler: all trainings under way, slice by slice in turns
subscription.py  SharedTraining: one of them, and Subscription: a visitor's share in it
snapshots.py     SnapshotStore: the network at a few moments of a training
training.py      Training: a visitor's training for the page, a class or a file
fine_tuning.py   on a visitor's drawings; sweep.py: a grid; download.py: OpenML's images
"""

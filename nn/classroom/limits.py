"""How much there may be of everything: strangers can open rooms, join them and submit things."""

ROOM_SECONDS = 24 * 3600  # after which a room ends
MAX_ROOMS, MAX_PEOPLE = 1_000, 250  # and people in a room
MAX_TRAININGS, MAX_DRAWINGS = 200, 100  # of one person
MAX_ROOM_TRAININGS, MAX_ROOM_DRAWINGS = 5_000, 3_000
MAX_BYTES, MAX_ROOM_BYTES = 100_000_000, 50_000_000  # of networks and drawings, in all rooms and in one
IDLE_SECONDS = 3600  # a room that nobody used for so long is removed when there are too many, or too much in them
EMPTY_SECONDS = 60  # and one in which nothing was handed in, after so long without an open page
AWAY_SECONDS = 60  # a place in a full room is given again: its owner left so long ago, and has handed in nothing
PRESENT_SECONDS = 30  # people count as present for so long after they were seen

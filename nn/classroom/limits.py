"""How much there may be of everything: strangers can open rooms, join them and submit things."""

ROOM_SECONDS = 24 * 3600  # after which a room ends
MAX_ROOMS, MAX_PEOPLE = 1_000, 250  # and people in a room
MAX_TRAININGS, MAX_DRAWINGS = 200, 100  # of one person
MAX_ROOM_TRAININGS, MAX_ROOM_DRAWINGS = 5_000, 3_000
MAX_BYTES, MAX_ROOM_BYTES = 100_000_000, 50_000_000  # of networks and drawings, in all rooms and in one
MAX_WRONG_CODES, WRONG_SECONDS = 300, 60  # more wrong codes within this time lock out newcomers
IDLE_SECONDS = 3600  # a room that nobody used for so long is removed when there are too many
PRESENT_SECONDS = 30  # people count as present for so long after they were seen

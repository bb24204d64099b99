"""How much there may be of everything: strangers can open rooms, join them and hand things in."""

ROOM_SECONDS = 24 * 3600  # after which a room ends
MAX_ROOMS, MAX_PEOPLE = 1_000, 250
MAX_TRAININGS, MAX_DRAWINGS = 200, 100  # of one person
MAX_ROOM_TRAININGS, MAX_ROOM_DRAWINGS = 5_000, 3_000
MAX_BYTES, MAX_ROOM_BYTES = 100_000_000, 50_000_000  # of networks and drawings: of all rooms, and of one
MAX_WRONG_CODES, WRONG_SECONDS = 300, 60  # more codes that don't exist within this time, and nobody new gets in
IDLE_SECONDS = 3600  # a room where nobody was for so long may go when there are too many
HERE_SECONDS = 30  # somebody who was seen within these is here

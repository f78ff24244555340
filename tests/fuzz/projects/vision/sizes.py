"""The sizes that the other files of this little project share."""

WIDTH = 16
CLASSES = 10
IMAGE = (3, 32, 32)
STAGES = [(WIDTH, 1), (WIDTH * 2, 2), (WIDTH * 4, 2)]


def doubled(channels, times=1):
    return channels * 2**times

"""What is taken, in numbers. The last two are the model's: a picture outside of them makes the whole question fail."""

MOST_BYTES = 10_000_000
MOST_PIXELS = 40_000_000
LONGEST_SIDE_PX = 20_000
# Each side has to be longer than that.
LEAST_SIDE_PX = 10
MOST_RATIO = 200

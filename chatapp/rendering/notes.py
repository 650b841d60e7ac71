"""The numbers of footnotes."""

from collections.abc import Iterable, Iterator


class Notes:
    """Footnotes by label, numbered from 1 in the order of their first mention."""

    def __init__(self, labels: Iterable[str] = ()) -> None:
        self._unmentioned = dict.fromkeys(labels)
        self._numbers: dict[str, int] = {}
        self._mentioned: list[str] = []

    def __contains__(self, label: str) -> bool:
        return label in self._numbers or label in self._unmentioned

    def mention(self, label: str) -> int:
        """The number of the footnote, given now if it has none."""
        if label not in self._numbers:
            del self._unmentioned[label]
            self._mentioned.append(label)
            self._numbers[label] = len(self._mentioned)
        return self._numbers[label]

    def in_order(self) -> Iterator[str]:
        """Labels by number, also of those mentioned meanwhile; then those that nothing mentions."""
        written = 0
        while len(self._mentioned) > written or self._unmentioned:
            if len(self._mentioned) == written:
                self.mention(next(iter(self._unmentioned)))
            yield self._mentioned[written]
            written += 1

"""While an answer grows only its tail changes: what is finished stays as it is, and what is selected stays selected."""

import pytest
from playwright.sync_api import expect

from tests.browser.windows import Window

pytestmark = pytest.mark.browser

TEXT = """The first paragraph is finished soon.

| A | B |
|---|---|
| 1 | 2 |

```python
print("a block of code")
```

> A quotation with *emphasis*.

1. first
2. second

$$x^2 + y^2 = z^2$$

A long paragraph in which nothing happens but words after words, and then some more words, so that the tail is
changed many times before it is closed by the next one.

The last paragraph."""

# Notes each change inside of a finished block. Bars that a block of code gives itself are no change of it, nor is that a
# tail becomes one.
WATCH = """(answer) => {
  window.touched = [];
  window.seen = 0;
  const isBar = (node) => node.dataset?.added !== undefined;
  const closes = ({ target, attributeName, oldValue }) =>
    attributeName === "class" && oldValue === "tail" && target.className === "block";
  const note = (record) => {
    if (closes(record)) return;
    const element = record.target.nodeType === Node.ELEMENT_NODE ? record.target : record.target.parentElement;
    const nodes = [...record.addedNodes, ...record.removedNodes];
    if (element.closest(".block") && !(nodes.length && nodes.every(isBar)) && !element.closest("[data-added]"))
      window.touched.push(`${record.type} in ${element.closest(".block").outerHTML.slice(0, 200)}`);
    for (const node of record.removedNodes)
      if (node.classList?.contains("block")) window.touched.push(`removed ${node.outerHTML.slice(0, 200)}`);
  };
  new MutationObserver((records) => { window.seen += records.length; records.forEach(note); }).observe(
    answer, { subtree: true, childList: true, characterData: true, attributes: true, attributeOldValue: true });
}"""
SELECT_FIRST_BLOCK = """(answer) => {
  const block = answer.querySelector("[data-kind=text] .block");
  getSelection().selectAllChildren(block);
  return getSelection().toString();
}"""


def test_closed_blocks_are_never_touched_and_keep_what_is_selected(window: Window) -> None:
    answer = window.asks(f'simulate: rate 60, pause 2 after 14, think: "Hm.", say: {TEXT}')
    expect(answer.locator("[data-kind=text] .block").first).to_be_visible()
    handle = answer.element_handle()
    window.page.evaluate(WATCH, handle)
    selected = window.page.evaluate(SELECT_FIRST_BLOCK, handle)
    assert selected.strip() == "The first paragraph is finished soon."
    window.ends()
    assert window.page.evaluate("touched") == []
    assert window.page.evaluate("seen") > 20, "the observer did observe"
    assert window.page.evaluate("getSelection().toString()") == selected
    blocks = answer.locator("[data-kind=text] > .block")
    expect(blocks).to_have_count(8)
    expect(answer.locator(".tail")).to_have_count(0)


def test_the_last_frame_changes_only_what_came_to_mean_something_else(window: Window) -> None:
    """A definition at the end makes links of words before it: that block is set anew, its neighbours stay."""
    text = "One paragraph.\n\nSee [the page] for more.\n\nAnother paragraph.\n\n[the page]: https://example.com/\n"
    answer = window.asks(f'simulate: rate 30, think: "Hm.", say: {text}')
    expect(answer.locator("[data-kind=text] .block").first).to_be_visible()
    window.page.evaluate(WATCH, answer.element_handle())
    window.ends()
    expect(answer.get_by_role("link", name="the page")).to_have_attribute("href", "https://example.com/")
    touched = window.page.evaluate("touched")
    assert [line for line in touched if "the page" not in line] == []

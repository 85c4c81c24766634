"""The elements of an HTML file, and text that must not become any."""
from html.parser import HTMLParser

WILD = "</p></title><script>evil()</script> \"'& \x00\x1b\x7f\ud800 \u202e"
# As a reader of the file is to see it.
SHOWN = "</p></title><script>evil()</script> \"'& \ufffd\ufffd\ufffd\ufffd \u202e"


class Elements(HTMLParser):
    """A file's elements as [name, attributes, text] in the order of their start tags."""

    def __init__(self, document):
        super().__init__(convert_charrefs=True)
        self.found, self._open = [], []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])
        self._open.append(self.found[-1])

    def handle_endtag(self, tag):
        while self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self._open:
            self._open[-1][2] += data

    def named(self, name):
        return [element for element in self.found if element[0] == name]

    def error(self, message):  # Python 3.7 wants it.
        raise AssertionError(message)

"""The files of Natural Questions: their names in the bucket, their sizes and checksums."""
import re
import urllib.parse
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base import json_text
from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.downloading import web
from bert_nq.datasets.nq.downloading.published import PUBLISHED, Published

NUM_SHARDS = {"train": 50, "dev": 5}
_SIMPLIFIED = {"train": "simplified-nq-train.jsonl.gz", "dev": "nq-dev-all.jsonl.gz"}

_MOST_PAGES = 20  # of a listing, a thousand files each: Natural Questions has fifty-five files


class Listed(NamedTuple):
    """An object as the bucket's listing describes it."""
    size: int  # bytes
    crc32c: Optional[str]  # base64 of four bytes, big-endian


class DataFile(NamedTuple):
    """A file to download."""
    name: str  # the object's name in the bucket
    local: str  # path below the output folder
    published: Optional[Published] = None
    listed: Optional[Listed] = None

    @property
    def size(self) -> Optional[int]:
        """Size in bytes; None if it is unknown before fetching."""
        known = self.listed or self.published
        return known.size if known else None


def original(splits: Sequence[str], shards: Optional[str] = None) -> List[DataFile]:
    """The shards of the original format, such as train/nq-train-00.jsonl.gz.

    Args:
      splits: "train", "dev" or both.
      shards: numbers of the shards of each split, such as "0-9,12"; None takes all.

    Raises:
      UserError: `shards` cannot be parsed, or a split lacks one of them.
    """
    wanted = []
    for split in splits:
        numbers: Sequence[int] = range(NUM_SHARDS[split])
        if shards is not None:
            numbers = parse_shards(shards)
            if numbers[-1] >= NUM_SHARDS[split]:
                raise UserError("shard %d is asked for, but %s has shards 0 to %d: give --split, "
                                "or other --shards" % (numbers[-1], split, NUM_SHARDS[split] - 1))
        for number in numbers:
            local = "%s/nq-%s-%02d.jsonl.gz" % (split, split, number)
            name = "v1.0/" + local
            wanted.append(DataFile(name, local, PUBLISHED[name]))
    return wanted


def simplified(splits: Sequence[str]) -> List[DataFile]:
    """The single file of each split in the simplified format.

    It goes into a folder of its own; otherwise a glob such as dev/nq-dev-*.jsonl.gz would read the
    dev set twice.
    """
    return [DataFile("v1.0-simplified/" + _SIMPLIFIED[split], "simplified/" + _SIMPLIFIED[split])
            for split in splits]


def parse_shards(text: str) -> List[int]:
    """Parses a comma list of numbers and ranges, sorted: "12,0-2" is [0, 1, 2, 12].

    Raises:
      UserError: the text is anything else, or empty.
    """
    numbers = set()
    for item in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,3})\s*(?:-\s*(\d{1,3})\s*)?", item)
        first, last = (int(n or match.group(1)) for n in match.groups()) if match else (1, 0)
        if first > last:
            raise UserError("shards %r are not numbers and ranges such as 0-9,12" % text)
        numbers.update(range(first, last + 1))
    return sorted(numbers)


def object_url(base_url: str, name: str) -> str:
    """The URL of the object `name`."""
    return base_url.rstrip("/") + "/" + urllib.parse.quote(name)


def with_listing(files: Iterable[DataFile], base_url: str, policy: web.Policy) -> List[DataFile]:
    """Adds size and checksum from the bucket's listing; files that it lacks stay as they are.

    Raises:
      web.RefusedError, web.TransientError: there is no listing, as from a mirror that is not a
        bucket.
    """
    files = list(files)
    listing: Dict[str, Listed] = {}
    for prefix in sorted({f.name[:f.name.rindex("/") + 1] for f in files}):
        listing.update(_list(base_url, prefix, policy))
    return [f._replace(listed=listing.get(f.name)) for f in files]


def _list(base_url: str, prefix: str, policy: web.Policy) -> Dict[str, Listed]:
    """{name: object} below `prefix`, read page by page from the storage API's list of objects."""
    parts = urllib.parse.urlsplit(base_url)
    bucket = parts.path.strip("/")
    if not bucket or "/" in bucket:
        raise web.RefusedError("%s names no bucket" % base_url)
    url = "%s://%s/storage/v1/b/%s/o" % (parts.scheme, parts.netloc, bucket)
    query = {"prefix": prefix, "fields": "items(name,size,crc32c),nextPageToken"}
    objects: Dict[str, Listed] = {}
    for _ in range(_MOST_PAGES):
        page_url = url + "?" + urllib.parse.urlencode(query)
        try:
            page = json_text.parse(web.read(page_url, policy))
            objects.update(map(_listed, page.get("items", ())))
            token = page.get("nextPageToken")
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise web.RefusedError("%s: the answer is no listing of a bucket" % page_url) from e
        if not token or token == query.get("pageToken"):
            return objects
        query["pageToken"] = str(token)
    raise web.RefusedError("%s: the listing has no end; it has been left after %d pages"
                           % (url, _MOST_PAGES))


def _listed(item: Any) -> Tuple[str, Listed]:
    """The name and the description of an object of a listing; ValueError where it is none."""
    name, size, crc32c = item["name"], web.whole_number(str(item["size"])), item.get("crc32c")
    if not isinstance(name, str) or size is None or not isinstance(crc32c, (str, type(None))):
        raise ValueError("no object: %.80r" % (item,))
    return name, Listed(size, crc32c)

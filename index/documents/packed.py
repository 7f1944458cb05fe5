"""Documents that are ZIP files of XML: what EPUB and DOCX share."""

import zipfile
import zlib
from io import BytesIO

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from qa.errors import SourceError

UNPACKED_LIMIT = 40_000_000
"""Bytes that may be unpacked from one document: a small file can hold petabytes of zeros."""

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


class Package:
    """A ZIP file in memory; ``SourceError`` names ``source`` when a part cannot be read."""

    def __init__(self, data: bytes, source: str) -> None:
        self.source = source
        self._left = UNPACKED_LIMIT
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except _BROKEN:
            raise self.damaged() from None

    def damaged(self) -> SourceError:
        """Return the error for a file that is not what its name says."""
        return SourceError(self.source, "the file is damaged, or of another format")

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def read(self, name: str) -> bytes:
        """Unpack a part."""
        try:
            with self._zip.open(name) as part:
                data = part.read(self._left + 1)
        except (KeyError, *_BROKEN):
            raise self.damaged() from None
        self._left -= len(data)
        if self._left < 0:
            limit = UNPACKED_LIMIT // 1_000_000
            raise SourceError(self.source, f"it holds more than {limit} MB of text")
        return data

    def xml(self, name: str) -> etree._Element:
        """Unpack and parse a part; the names of its elements and attributes lose their prefix."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        root = etree.fromstring(self.read(name), parser)
        if root is None:
            raise self.damaged()
        for element in root.iter("*"):
            element.tag = etree.QName(element).localname
            for attribute in list(element.attrib):
                if "}" in attribute:
                    element.set(etree.QName(attribute).localname, element.attrib.pop(attribute))
        return root


def text_in(root: etree._Element, name: str) -> str:
    """Return the text of the first element with this name, or an empty string."""
    found = next(root.iter(name), None)
    return "".join(found.itertext()).strip() if found is not None else ""

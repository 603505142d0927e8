"""elf.py: ELF files put together by hand, so that they can be what no linker makes."""

import struct

NOBITS, PROGBITS, SYMTAB, STRTAB, RELA, DYNAMIC, NOTE, DYNSYM = 8, 1, 2, 3, 4, 6, 7, 11
VERDEF, VERNEED, VERSYM = 0x6ffffffd, 0x6ffffffe, 0x6fffffff
WRITE, ALLOC, EXECUTE, COMPRESSED = 1, 2, 4, 0x800
NEEDED, STRTAB_TAG, STRSZ, RPATH = 1, 5, 10, 15
PAGE = 0x1000
TEXT = 0x401000


class Section:
    def __init__(self, name, kind, flags=0, content=b"", address=0, **more):
        self.name, self.kind, self.flags, self.content, self.address = \
            name, kind, flags, content, address
        self.link, self.info = more.get("link", 0), more.get("info", 0)
        self.entry_bytes = more.get("entry_bytes", 0)
        self.same_as = more.get("same_as")  # whose bytes it has, instead of its own
        self.bytes = more.get("bytes")      # what it claims, if not what it has
        self.name_at = more.get("name_at")  # in the table of names, if that is given
        self.at = 0


class Elf:
    """A program at fixed addresses with one byte of code; sections are added as one likes."""

    def __init__(self, kind=2):
        self.kind = kind
        self.sections = [Section("", 0)]
        self.names = None   # instead of the names of the sections
        self.segments = []  # (type, flags, section or None, address, bytes): the text and these
        self.text = self.add(Section(".text", PROGBITS, ALLOC | EXECUTE, b"\xc3" * 64, TEXT))

    def add(self, section):
        self.sections.append(section)
        return len(self.sections) - 1

    def names_table(self):
        if self.names is not None:
            return self.names, [section.name_at or 0 for section in self.sections]
        table, places = b"\0", []
        for section in self.sections:
            places.append(len(table))
            table += section.name.encode() + b"\0"
        return table, places

    def build(self):
        names = self.add(Section(".shstrtab", STRTAB))
        table, places = self.names_table()
        self.sections[names].content = table
        segments = [(1, 5, self.text, TEXT, None), *self.segments]
        out = bytearray(64 + 56 * len(segments))
        for section in self.sections[1:]:
            if section.same_as is None:
                out += bytes(-len(out) % 16)
                section.at = len(out)
                if section.kind != NOBITS:
                    out += section.content
        for section in self.sections[1:]:
            if section.same_as is not None:
                section.at = self.sections[section.same_as].at
                section.content = self.sections[section.same_as].content
        out += bytes(-len(out) % 16)
        headers = len(out)
        for number, section in enumerate(self.sections):
            size = len(section.content) if section.bytes is None else section.bytes
            out += struct.pack("<IIQQQQIIQQ", places[number] if number else 0, section.kind,
                               section.flags, section.address, section.at, size, section.link,
                               section.info, 1 if number else 0, section.entry_bytes)
        count = len(self.sections)
        if count >= 0xff00:  # the numbers are in the first section
            out[headers + 32:headers + 40] = struct.pack("<Q", count)
            out[headers + 40:headers + 44] = struct.pack("<I", names)
        out[:64] = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", self.kind, 62, 1, TEXT, 64,
                               headers, 0, 64, 56, len(segments), 64,
                               count if count < 0xff00 else 0, names if count < 0xff00 else 0xffff)
        for number, (kind, flags, section, address, size) in enumerate(segments):
            at, held = (0, 0) if section is None else \
                (self.sections[section].at, len(self.sections[section].content))
            out[64 + 56 * number:120 + 56 * number] = struct.pack(
                "<IIQQQQQQ", kind, flags, at, address, address, held, held if size is None else size,
                1)
        return bytes(out)


def uleb(value):
    out = bytearray()
    while True:
        out.append(value & 0x7f | (0x80 if value > 0x7f else 0))
        value >>= 7
        if not value:
            return bytes(out)


def symbol(name, info=0x12, section=1, value=TEXT, size=1):
    return struct.pack("<IBBHQQ", name, info, 0, section, value, size)


def unit(entries, abbreviations=0, version=4):
    """A compilation unit of DWARF 4."""
    body = struct.pack("<HIB", version, abbreviations, 8) + entries
    return struct.pack("<I", len(body)) + body

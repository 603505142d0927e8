"""kinds.py: files that are small and would cost without bound, each in any size.

A kind is a function of n that returns the bytes of a file of about n times a constant, in which something
that a reader would do n times takes n steps, or n bytes. Names of files on disk, sizes of real programs
and the like are given with each.
"""

import struct
import zlib

from elf import (ALLOC, COMPRESSED, DYNAMIC, DYNSYM, EXECUTE, NEEDED, NOBITS, NOTE, PROGBITS, RELA, RPATH,
                 STRTAB, SYMTAB, TEXT, VERNEED, VERSYM, WRITE, Elf, Section, symbol, uleb, unit)

DATA = 0x600000


def suffixes(n, length):
    """A table with a string of the length, and places in it: each a suffix of the others."""
    return b"\0" + b"s" * length + b"\0", [1 + i * max(1, length // 2 // n) for i in range(n)]


def with_debug(info, abbrev, **sections):
    elf = Elf()
    elf.add(Section(".debug_info", PROGBITS, content=info))
    elf.add(Section(".debug_abbrev", PROGBITS, content=abbrev))
    for name, content in sections.items():
        elf.add(Section(".debug_" + name, PROGBITS, content=content))
    return elf.build()


def abbreviation(code, tag, children, *attributes):
    return uleb(code) + uleb(tag) + bytes([children]) + b"".join(
        uleb(name) + uleb(form) for name, form in attributes) + b"\0\0"


UNIT, SUBPROGRAM, BASE_TYPE, VARIABLE, STRUCT = 0x11, 0x2e, 0x24, 0x34, 0x13
NAME, LOW_PC, HIGH_PC, PRODUCER, EXTERNAL, SPECIFICATION, COMP_DIR, STMT_LIST, DECL_FILE = \
    0x03, 0x11, 0x12, 0x25, 0x3f, 0x47, 0x1b, 0x10, 0x3a
FLAG_PRESENT, STRING, STRP, DATA1, ADDR, REF4, DATA4, IMPLICIT, SEC_OFFSET = \
    0x19, 0x08, 0x0e, 0x0b, 0x01, 0x13, 0x06, 0x21, 0x17


def attributes_without_bytes(n):
    """n entries with n attributes each that take no byte."""
    many = abbreviation(2, VARIABLE, 0, *[(EXTERNAL, FLAG_PRESENT)] * n)
    return with_debug(unit(b"\1" + b"\2" * n + b"\0"),
                      abbreviation(1, UNIT, 1) + many + b"\0")


def entries_of_one_entry(n):
    """n functions that all complete one entry with n attributes."""
    abbrev = (abbreviation(1, UNIT, 1) + abbreviation(2, SUBPROGRAM, 0, *[(EXTERNAL, FLAG_PRESENT)] * n) +
              abbreviation(3, SUBPROGRAM, 0, (SPECIFICATION, REF4), (LOW_PC, ADDR), (HIGH_PC, DATA4)) +
              b"\0")
    function = b"\3" + struct.pack("<IQI", 12, TEXT, 1)
    return with_debug(unit(b"\1" + b"\2" + function * n + b"\0"), abbrev)


def units_of_one_string(n):
    """n units whose producer, name and folder are one long string."""
    abbrev = abbreviation(1, UNIT, 0, (PRODUCER, STRP), (NAME, STRP), (COMP_DIR, STRP)) + b"\0"
    one = unit(b"\1" + struct.pack("<III", 0, 1, 2))
    return with_debug(one * n, abbrev, str=b"s" * (20 * n) + b"\0")


def functions_of_one_string(n):
    """n functions whose names overlap."""
    abbrev = (abbreviation(1, UNIT, 1) + abbreviation(
        2, SUBPROGRAM, 0, (NAME, STRP), (0x6e, STRP), (LOW_PC, ADDR), (HIGH_PC, DATA4)) + b"\0")
    function = b"".join(b"\2" + struct.pack("<IIQI", i, i, TEXT, 1) for i in range(n))
    return with_debug(unit(b"\1" + function + b"\0"), abbrev, str=b"s" * (20 * n) + b"\0")


def units_of_one_line_table(n):
    """n units, each in a folder of its own, that name a file of one table with n files."""
    abbrev = (abbreviation(1, UNIT, 1, (COMP_DIR, STRING), (STMT_LIST, SEC_OFFSET)) +
              abbreviation(2, SUBPROGRAM, 0, (LOW_PC, ADDR), (HIGH_PC, DATA4), (DECL_FILE, DATA4)) + b"\0")
    units = b"".join(unit(b"\1d\0" + struct.pack("<I", 0) + b"\2" +
                          struct.pack("<QII", TEXT, 1, 1 + i) + b"\0") for i in range(n))
    names = b"\0" + b"".join(b"f\0\0\0\0" for _ in range(n)) + b"\0"
    header = struct.pack("<BBbBB", 1, 1, -5, 14, 1) + names
    body = struct.pack("<HI", 2, len(header)) + header
    return with_debug(units, abbrev, line=struct.pack("<I", len(body)) + body)


def entries_of_one_byte(n):
    """20 n types that say nothing."""
    return with_debug(unit(b"\1" + b"\2" * (20 * n) + b"\0"),
                      abbreviation(1, UNIT, 1) + abbreviation(2, BASE_TYPE, 0) + b"\0")


def smallest_units(n):
    """2 n units of a few bytes."""
    return with_debug(unit(b"\1") * (2 * n), abbreviation(1, UNIT, 0) + b"\0")


def compressed(n):
    """Debug information that is a thousand times as large as it looks."""
    content = bytes(64000 * n)
    packed = struct.pack("<IIQQ", 1, 0, len(content), 1) + zlib.compress(content, 9)
    elf = Elf()
    elf.add(Section(".debug_info", PROGBITS, COMPRESSED, packed))
    elf.add(Section(".debug_abbrev", PROGBITS, content=abbreviation(1, UNIT, 0) + b"\0"))
    return elf.build()


def compressed_entries(n):
    """Entries of one byte, compressed."""
    content = unit(b"\1" + b"\2" * (2000 * n) + b"\0")
    packed = struct.pack("<IIQQ", 1, 0, len(content), 1) + zlib.compress(content, 9)
    elf = Elf()
    elf.add(Section(".debug_info", PROGBITS, COMPRESSED, packed))
    elf.add(Section(".debug_abbrev", PROGBITS, content=abbreviation(1, UNIT, 1) +
                    abbreviation(2, BASE_TYPE, 0) + b"\0"))
    return elf.build()


def compressed_units(n):
    """Units of a few bytes, compressed."""
    content = unit(b"\1") * (1000 * n)
    packed = struct.pack("<IIQQ", 1, 0, len(content), 1) + zlib.compress(content, 9)
    elf = Elf()
    elf.add(Section(".debug_info", PROGBITS, COMPRESSED, packed))
    elf.add(Section(".debug_abbrev", PROGBITS, content=abbreviation(1, UNIT, 0) + b"\0"))
    return elf.build()


def dynamic(elf, strings, entries):
    table = elf.add(Section(".dynstr", STRTAB, ALLOC, strings, DATA))
    content = b"".join(struct.pack("<QQ", tag, value) for tag, value in [*entries, (0, 0)])
    elf.add(Section(".dynamic", DYNAMIC, ALLOC | WRITE, content, DATA + 0x1000000, link=table,
                    entry_bytes=16))
    return elf.build()


def needed_libraries(n):
    """n needed libraries whose names overlap."""
    strings, places = suffixes(n, 20 * n)
    return dynamic(Elf(), strings, [(NEEDED, place) for place in places])


def needed_in_folders(n):
    """n needed libraries, to be looked for in n folders."""
    names = b"\0" + b"".join(b"%dx\0" % i for i in range(n))
    at = len(names)
    strings = names + b"/:" * n + b"\0"
    places = [i + 1 for i, byte in enumerate(names[:-1]) if byte == 0]
    return dynamic(Elf(), strings, [(RPATH, at), *[(NEEDED, place) for place in places]])


def symbols(n, table_type=SYMTAB):
    """n functions whose names overlap, each at an address of its own."""
    elf = Elf()
    elf.sections[elf.text].content = b"\xc3" * (2 * n)
    strings, places = suffixes(n, 20 * n)
    table = elf.add(Section(".strtab", STRTAB, content=strings))
    content = symbol(0, 0, 0, 0, 0) + b"".join(symbol(place, value=TEXT + 2 * i)
                                               for i, place in enumerate(places))
    elf.add(Section(".symtab", table_type, content=content, link=table, info=1, entry_bytes=24))
    return elf.build()


def exported_symbols(n):
    return symbols(n, DYNSYM)


def variables(n):
    """n variables whose names overlap."""
    elf = Elf()
    data = elf.add(Section(".data", PROGBITS, ALLOC | WRITE, bytes(n), DATA))
    elf.segments.append((1, 6, data, DATA, None))
    strings, places = suffixes(n, 20 * n)
    table = elf.add(Section(".strtab", STRTAB, content=strings))
    content = symbol(0, 0, 0, 0, 0) + b"".join(symbol(place, 0x11, data, DATA + i)
                                               for i, place in enumerate(places))
    elf.add(Section(".symtab", SYMTAB, content=content, link=table, info=1, entry_bytes=24))
    return elf.build()


def overlapping_functions(n):
    """n functions, each as large as all code."""
    elf = Elf()
    elf.sections[elf.text].content = b"\x90" * (16 * n) + b"\xc3"
    strings = b"\0" + b"".join(b"f%d\0" % i for i in range(n))
    places = [i + 1 for i, byte in enumerate(strings[:-1]) if byte == 0]
    table = elf.add(Section(".strtab", STRTAB, content=strings))
    content = symbol(0, 0, 0, 0, 0) + b"".join(
        symbol(place, value=TEXT + 16 * i, size=16 * n + 1 - 16 * i) for i, place in enumerate(places))
    elf.add(Section(".symtab", SYMTAB, content=content, link=table, info=1, entry_bytes=24))
    return elf.build()


def mangled_names(n):
    """n names that are a hundred times as long when they are readable: pairs of pairs of pairs."""
    elf = Elf()
    elf.sections[elf.text].content = b"\xc3" * (2 * n)
    strings, content = bytearray(b"\0"), symbol(0, 0, 0, 0, 0)
    pairs = "St4pairIiiE" + "".join(f"S_IS{level}_S{level}_E" for level in range(9))
    for i in range(n):
        content += symbol(len(strings), value=TEXT + 2 * i)
        strings += f"_Z{len(str(i)) + 1}f{i}{pairs}".encode() + b"\0"
    table = elf.add(Section(".strtab", STRTAB, content=bytes(strings)))
    elf.add(Section(".symtab", SYMTAB, content=content, link=table, info=1, entry_bytes=24))
    return elf.build()


def section_names(n):
    """n sections whose names overlap."""
    elf = Elf()
    elf.names, places = suffixes(n, 20 * n)
    for i, place in enumerate(places):
        elf.add(Section("", PROGBITS, ALLOC, b"c", DATA + 2 * i, name_at=place))
    return elf.build()


def code_sections(n):
    """n sections of code with the same bytes."""
    elf = Elf()
    elf.sections[elf.text].content = b"\x90" * (40 * n) + b"\xc3"
    for i in range(n):
        elf.add(Section(".text", PROGBITS, ALLOC | EXECUTE, address=DATA + i * 64 * n,
                        same_as=elf.text))
    return elf.build()


def without_sections(image):
    image = bytearray(image)
    image[40:48] = bytes(8)
    image[60:64] = bytes(4)
    return bytes(image)


def code_segments(n):
    """n segments of code with the same bytes, and no sections."""
    elf = Elf()
    elf.sections[elf.text].content = b"\x90" * (40 * n) + b"\xc3"
    for i in range(min(n, 60000)):
        elf.segments.append((1, 5, elf.text, DATA + i * 64 * n, None))
    return without_sections(elf.build())


def note_segments(n):
    """n segments with the same n notes, and no sections."""
    elf = Elf()
    notes_of_all = elf.add(Section(".note", NOTE, ALLOC, struct.pack("<III4s", 4, 0, 77, b"GNX") * n, DATA))
    elf.segments.append((1, 4, notes_of_all, DATA, None))
    elf.segments += [(4, 4, notes_of_all, DATA, None)] * min(n, 60000)
    return without_sections(elf.build())


def stubs(n):
    """n entries of an unwind table that describe the same n stubs, and no sections."""
    frame = struct.pack("<IIB", 14, 0, 1) + b"zR\0" + b"\1\x78\x10" + b"\1\0" + bytes(1)
    for _ in range(n):
        frame += struct.pack("<IIQQB3x", 24, len(frame) + 4, TEXT, 8 * n, 0)
    elf = Elf()
    elf.sections[elf.text].content = b"\xff\x25\0\0\0\0\x66\x90" * n
    return without_sections(with_slots(elf, n, frame + bytes(4)).build())


def with_slots(elf, n, frame=b"", hash_table=b"", stride=16):
    """Adds a dynamic section that names n slots, an unwind table and a hash table of symbols."""
    slots = DATA + 0x10000000
    relocations = b"".join(struct.pack("<QQq", slots + stride * i, 1 << 32 | 6, 0) for i in range(n))
    strings = b"\0f\0"
    tables = {7: relocations, 5: strings, 6: symbol(0, 0, 0, 0, 0) + symbol(1, 0x12, 0, 0, 0)}
    if hash_table:
        tables[0x6ffffef5] = hash_table
    content, tags = bytearray(), [(8, len(relocations)), (9, 24), (10, len(strings)), (11, 24)]
    for tag, table in tables.items():
        content += bytes(-len(content) % 16)
        tags.append((tag, DATA + len(content)))
        content += table
    content += bytes(-len(content) % 16)
    frame_at = len(content)
    content += frame + bytes(-len(frame) % 16)
    tags_at = len(content)
    content += b"".join(struct.pack("<QQ", *pair) for pair in [*tags, (0, 0)])
    tags_section = elf.add(Section(".data", PROGBITS, ALLOC | WRITE, bytes(content), DATA))
    slot_section = elf.add(Section(".data", PROGBITS, ALLOC | WRITE, bytes(stride * n), slots))
    elf.segments.append((1, 6, tags_section, DATA, None))
    elf.segments.append((1, 6, slot_section, slots, None))
    elf.segments.append((2, 6, None, DATA + tags_at, 16 * len(tags) + 16))
    if frame:
        elf.segments.append((0x6474e550, 4, None, DATA + frame_at, 0))
    return elf


def slots_apart(n):
    """n words that are slots of the GOT, and n that are not between them, and no sections."""
    return without_sections(with_slots(Elf(), n).build())


def hash_buckets(n):
    """A hash table of symbols whose buckets and chain have no end."""
    table = struct.pack("<IIIIQ", 0xffffffff, 1, 1, 0, 0) + struct.pack("<I", 2) * n
    return without_sections(with_slots(Elf(), 1, hash_table=table).build())


def relocation_sections(n):
    """n tables of relocations with the same bytes."""
    elf = Elf()
    content = b"".join(struct.pack("<QQq", DATA + 8 * i, 8, TEXT) for i in range(2 * n))
    first = elf.add(Section(".rela.dyn", RELA, ALLOC, content, DATA, entry_bytes=24))
    for i in range(n):
        elf.add(Section(".rela.dyn", RELA, ALLOC, address=DATA + (i + 1) * 64 * n, same_as=first,
                        entry_bytes=24))
    return elf.build()


def object_relocations(n):
    """An object file with n tables of relocations with the same bytes."""
    elf = Elf(kind=1)
    strings = elf.add(Section(".strtab", STRTAB, content=b"\0f\0"))
    table = elf.add(Section(".symtab", SYMTAB, link=strings, info=1, entry_bytes=24,
                            content=symbol(0, 0, 0, 0, 0) + symbol(1, 0x10, 0, 0, 0)))
    content = b"".join(struct.pack("<QQq", 8 * (i % 4), 1 << 32 | 1, 0) for i in range(2 * n))
    data = elf.add(Section(".data", PROGBITS, ALLOC | WRITE, bytes(64)))
    more = {"link": table, "info": data, "entry_bytes": 24}
    first = elf.add(Section(".rela.data", RELA, content=content, **more))
    for _ in range(n):
        elf.add(Section(".rela.data", RELA, same_as=first, **more))
    return elf.build()


def needed_versions(n):
    """n needed libraries with n versions each, which are the same ones."""
    elf = Elf()
    strings = elf.add(Section(".dynstr", STRTAB, ALLOC, b"\0v\0", DATA))
    elf.add(Section(".dynsym", DYNSYM, ALLOC, symbol(0, 0, 0, 0, 0) + symbol(1), DATA + 0x100,
                    link=strings, info=1, entry_bytes=24))
    elf.add(Section(".gnu.version", VERSYM, ALLOC, bytes(4), DATA + 0x200, entry_bytes=2))
    needs = b"".join(struct.pack("<HHIII", 1, min(n, 65535), 1, (n - i) * 16, 16) for i in range(n))
    uses = b"".join(struct.pack("<IHHII", 0, 0, 2, 1, 16) for _ in range(n))
    elf.add(Section(".gnu.version_r", VERNEED, ALLOC, needs + uses, DATA + 0x300, link=strings,
                    info=n))
    return elf.build()


def version_names(n):
    """n exported functions whose version is one long name."""
    elf = Elf()
    elf.sections[elf.text].content = b"\xc3" * (2 * n)
    length = 20 * n
    names = b"\0" + b"".join(b"f%d\0" % i for i in range(n))
    places = [i + 1 for i, byte in enumerate(names[:-1]) if byte == 0]
    strings = elf.add(Section(".dynstr", STRTAB, ALLOC, names + b"v" * length + b"\0", DATA))
    content = symbol(0, 0, 0, 0, 0) + b"".join(symbol(place, value=TEXT + 2 * i)
                                               for i, place in enumerate(places))
    elf.add(Section(".dynsym", DYNSYM, ALLOC, content, DATA + 0x10000000, link=strings, info=1,
                    entry_bytes=24))
    elf.add(Section(".gnu.version", VERSYM, ALLOC, struct.pack("<H", 2) * (n + 1), DATA + 0x20000000,
                    entry_bytes=2))
    need = struct.pack("<HHIII", 1, 1, 1, 16, 0) + struct.pack("<IHHII", 0, 0, 2, len(names), 0)
    elf.add(Section(".gnu.version_r", VERNEED, ALLOC, need, DATA + 0x30000000, link=strings, info=1))
    return elf.build()


def notes(n):
    """n sections of notes with the same bytes."""
    elf = Elf()
    first = elf.add(Section(".note", NOTE, ALLOC, struct.pack("<III4s", 4, 0, 77, b"GNX") * (2 * n), DATA))
    for i in range(n):
        elf.add(Section(".note", NOTE, ALLOC, address=DATA + (i + 1) * 64 * n, same_as=first))
    return elf.build()


def frames(n):
    """n frame descriptions, each of all code, with one exception table of n rows."""
    elf = Elf()
    elf.sections[elf.text].content = b"\x90" * (16 * n) + b"\xc3"
    rows = b"".join(uleb(i) + b"\1\1\1" for i in range(n))
    table = b"\xff\xff\x01" + uleb(len(rows)) + rows + b"\0\0"
    lsda = elf.add(Section(".gcc_except_table", PROGBITS, ALLOC, table, DATA))
    elf.segments.append((1, 4, lsda, DATA, None))
    cie = struct.pack("<IIB", 0, 0, 1) + b"zRL\0" + b"\1\x78\x10" + b"\2\0\0" + b"\x0c\7\x08\0\0\0"
    cie = struct.pack("<I", len(cie) - 4) + cie[4:]
    out = bytearray(cie)
    for i in range(n):
        fde = struct.pack("<IQQ", len(out) + 4, TEXT + 16 * i, 16 * n + 1 - 16 * i) + b"\x08" + \
            struct.pack("<Q", DATA) + bytes(3)
        out += struct.pack("<I", len(fde)) + fde
    at = DATA + 0x10000000
    frame = elf.add(Section(".eh_frame", PROGBITS, ALLOC, bytes(out) + bytes(4), at))
    elf.segments.append((1, 4, frame, at, None))
    return elf.build()


def endless_sections(n):
    """Sections without bytes in the file that claim to be huge."""
    elf = Elf()
    for i in range(n):
        elf.add(Section(".bss", NOBITS, ALLOC | EXECUTE, address=(i + 1) << 46, bytes=1 << 45))
        elf.add(Section(".bss", NOBITS, ALLOC | WRITE, address=(i + 1) << 46 | 1 << 45,
                        bytes=1 << 45))
    return elf.build()


# What is said of a kind, where something is left out.
SAID = {
    "attributes_without_bytes": "more attributes than its size allows",
    "entries_of_one_entry": "more attributes than its size allows",
    "compressed": "claim sizes that none have",
    "compressed_entries": "claim sizes that none have",
    "compressed_units": "claim sizes that none have",
    "needed_libraries": "needs libraries that are too many",
    "needed_in_folders": "the search for them was given up",
    "symbols": "names overlap",
    "exported_symbols": "names overlap",
    "variables": "names overlap",
    "section_names": "names overlap",
    "code_sections": "sections that overlap",
    "code_segments": "segments that overlap",
    "hash_buckets": "hash table of symbols is damaged",
    "relocation_sections": "sections that overlap",
    "object_relocations": "sections that overlap",
    "notes": "sections that overlap",
}

KINDS = [value for value in list(globals().values())
         if callable(value) and getattr(value, "__module__", "") == __name__ and
         value.__code__.co_varnames[:1] == ("n",) and value.__name__ not in ("suffixes", "symbols")]
KINDS.append(symbols)

"""The peer of the tests: for every message, in hex on a line, it writes what
marshal.loads makes of it, and messages with the same value, in every version.
Runs in any Python from 2.6 on."""
import binascii, marshal, struct, sys

if sys.version_info[0] > 2:
    long, unicode = int, str


def utf8(text):
    return text.encode('utf-8', 'surrogatepass') if sys.version_info[0] > 2 else text.encode('utf-8')


def hexed(data):
    return binascii.hexlify(data).decode('ascii')


def bits(*floats):
    return ''.join('nan' if f != f else hexed(struct.pack('>d', f)) for f in floats)


def canon(v):
    t = type(v)
    if v is None or t is bool:
        return str(v)
    if v is Ellipsis:
        return '...'
    if t in (int, long):
        return 'i%d' % v
    if t is float:
        return 'f' + bits(v)
    if t is complex:
        return 'c' + bits(v.real, v.imag)
    if t is unicode:
        return 's' + hexed(utf8(v))
    if t is bytes:
        return 'b' + hexed(v)
    if t is list:
        return '[' + ','.join(map(canon, v)) + ']'
    if t is tuple:
        return '(' + ','.join(map(canon, v)) + ')'
    if t is set:
        return '<' + ','.join(sorted(map(canon, v))) + '>'
    if t is frozenset:
        return '|' + ','.join(sorted(map(canon, v))) + '|'
    if t is dict:
        return '{' + ','.join(sorted(canon(k) + ':' + canon(x) for k, x in v.items())) + '}'
    return 'unknown ' + t.__name__


def shared(v, seen):
    """The same value, in which equal parts are one object and text is interned."""
    t = type(v)
    if t in (list, tuple, set, frozenset):
        v = t([shared(x, seen) for x in v])
    elif t is dict:
        v = dict((shared(k, seen), shared(x, seen)) for k, x in v.items())
    elif t is str:
        v = (sys.intern if sys.version_info[0] > 2 else intern)(v)
    return seen.setdefault(canon(v), v)


def answers(line):
    v = marshal.loads(binascii.unhexlify(line.strip()))
    one = shared(v, {})
    yield canon(v)
    for version in range(marshal.version + 1):
        yield hexed(marshal.dumps(v, version))
        yield hexed(marshal.dumps((one, one), version))


for line in iter(sys.stdin.readline, ''):
    try:
        print(' '.join(answers(line)))
    except Exception as e:
        print('error %r' % e)
    sys.stdout.flush()

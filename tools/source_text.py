# SPDX-License-Identifier: Apache-2.0
"""Reads source files as text: their comments, their functions, their code.

A scanner, not a compiler: it knows strings, comments and brackets, so it needs
neither a build nor a third-party package. measure_house.py, check_prose.py and
check_spdx.py share it.

  own_files(root)        the files of a tree that people wrote
  comments(path, text)   (line, words) of each block of comment
  cpp_code(text)         C++ with comments, strings and directives blanked
  functions(path, text)  name, first and last line, whether it is a table
"""
import ast
import io
import os
import pathlib
import re
import subprocess
import tokenize
from typing import NamedTuple

# Recorded or generated data under these folders is not own text.
DATA_FOLDERS = ("tests/testdata/", "tests/fuzz/corpus/", "build/", "data/")
CPP = (".h", ".cc", ".proto", ".h.in", ".cc.in")
HASH_COMMENTS = ("python", "shell", "cmake", "yaml", "container")


class Block(NamedTuple):
    line: int
    text: str
    trailing: bool  # behind code on its line


class Function(NamedTuple):
    name: str
    first: int
    last: int
    is_table: bool

    @property
    def lines(self):
        return self.last - self.first + 1


def kind_of(path, first_line=""):
    """Names the language of a file by its name, else by its #! line; None for data."""
    name = path.name
    if name.endswith(CPP):
        return "cpp"
    if name.endswith(".py"):
        return "python"
    if name.endswith(".sh"):
        return "shell"
    if name == "CMakeLists.txt" or name.endswith(".cmake"):
        return "cmake"
    if name.endswith((".yaml", ".yml")) or name in (".clang-tidy", ".clang-format"):
        return "yaml"
    if name == "Containerfile":
        return "container"
    if name.endswith(".sql"):
        return "sql"
    if name.endswith(".md"):
        return "markdown"
    if first_line.startswith("#!"):
        return "python" if "python" in first_line else "shell"
    return None


def own_files(root):
    """Returns (path relative to root, kind, text) of each own file, sorted by path.

    Asks git if root is a work tree; walks a plain folder.
    """
    found = []
    for name in sorted(_names(pathlib.Path(root))):
        if name.startswith(DATA_FOLDERS):
            continue
        path = pathlib.Path(root) / name
        if path.is_symlink() or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        kind = kind_of(path, text.split("\n", 1)[0])
        if kind:
            found.append((pathlib.PurePosixPath(name), kind, text))
    return found


def _names(root):
    if (root / ".git").exists():
        out = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=root,
                             capture_output=True, check=True).stdout
        return {name for name in out.decode().split("\0") if name}
    return {os.path.relpath(os.path.join(folder, name), root)
            for folder, _, names in os.walk(root) for name in names}


# One token a match: number (so that 1'000 opens no character), raw string,
# comment, string, character.
_CPP_TOKEN = re.compile(
    r"""(?P<number>(?<![\w])\d(?:'?[\w.])*)
      | (?P<raw>R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")
      | (?P<line>//(?:\\\n|[^\n])*)
      | (?P<block>/\*.*?\*/)
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<char>'(?:\\.|[^'\\\n])+')""", re.VERBOSE | re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def _split_cpp(text):
    """Returns the code, and (offset, text) of each comment."""
    found = []

    def replace(match):
        if match.lastgroup == "number" or match.group("number"):
            return match.group()
        if match.group("line") or match.group("block"):
            found.append((match.start(), match.group()))
            return _blank(match.group())
        body = match.group()
        # Quotes stay, so that a string is still one operand.
        return body[0] + _blank(body[1:-1]) + body[-1]

    return _CPP_TOKEN.sub(replace, text), found


def cpp_code(text):
    return _DIRECTIVE.sub(lambda match: _blank(match.group()), _split_cpp(text)[0])


def _join(lines):
    """Joins (line, column, text, trailing) of comment lines into blocks.

    A licence line is no prose.
    """
    blocks = []
    last_line = last_column = None
    for line, column, text, trailing in lines:
        if text.startswith("SPDX-License-Identifier"):
            continue
        if blocks and not trailing and line == last_line + 1 and column == last_column:
            blocks[-1] = blocks[-1]._replace(text=blocks[-1].text + "\n" + text)
        else:
            blocks.append(Block(line, text, trailing))
        last_line, last_column = line, column
    return blocks


def _cpp_comments(text):
    lines = []
    for offset, comment in _split_cpp(text)[1]:
        start = text.rfind("\n", 0, offset) + 1
        trailing = bool(text[start:offset].strip())
        first = text.count("\n", 0, offset) + 1
        if comment.startswith("//"):
            body = [re.sub(r"^//[/!]?<? ?", "", comment)]
        else:
            body = [re.sub(r"^\s*\*? ?", "", part) for part in comment[2:-2].split("\n")]
        for n, part in enumerate(body):
            lines.append((first + n, offset - start, part, trailing and n == 0))
    return _join(lines)


def _python_comments(text):
    lines, blocks = [], []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and not token.string.startswith("#!"):
                trailing = bool(token.line[:token.start[1]].strip())
                lines.append((*token.start, re.sub(r"^#+ ?", "", token.string), trailing))
        tree = ast.parse(text)
    except (tokenize.TokenError, SyntaxError):
        return _join(lines)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            if ast.get_docstring(node, clean=False) is not None:
                blocks.append(Block(node.body[0].lineno, ast.get_docstring(node), False))
    return sorted(_join(lines) + blocks)


def _hash_comments(text):
    lines = []
    quote = ""  # a string or here-document that is open over lines
    for number, line in enumerate(text.split("\n"), 1):
        if quote:
            if line.strip() == quote:
                quote = ""
            continue
        opened = re.search(r"<<-?\s*['\"]?(\w+)['\"]?", line)
        full = re.match(r"(\s*)#(?!!)+ ?(.*)$", line)
        behind = re.search(r"\s#\s+(\S.*)$", line)
        if full:
            lines.append((number, len(full.group(1)), full.group(2), False))
        elif behind and _even_quotes(line[:behind.start()]):
            lines.append((number, behind.start() + 1, behind.group(1), True))
        if opened and not full and "<<<" not in line:
            quote = opened.group(1)
    return _join(lines)


def _even_quotes(text):
    return text.count('"') % 2 == 0 and text.count("'") % 2 == 0


def comments(kind, text):
    """Returns the blocks of comment in order; docstrings are comments."""
    if kind == "cpp":
        return _cpp_comments(text)
    if kind == "python":
        return _python_comments(text)
    if kind in HASH_COMMENTS:
        return _hash_comments(text)
    return []


def words(text):
    return re.findall(r"[A-Za-z][A-Za-z'’]*", text)


# Functions ------------------------------------------------------------------

_SCOPE = re.compile(r"\b(?:namespace|extern|class|struct|union)\b")
_LOOPS = re.compile(r"\b(?:if|for|while|switch|do|goto)\b")
_TABLE = re.compile(r"^\s*(?://|#)\s*table: \S", re.IGNORECASE)
_NAME = re.compile(r"((?:[A-Za-z_]\w*\s*(?:<[^<>]*>)?\s*::\s*)*(?:~?[A-Za-z_]\w*|operator\s*[^\s(]+|"
                   r"operator\s*\(\s*\)))\s*$")


def _closing(code, start):
    """Returns the offset of the bracket that closes the one at start, or -1."""
    depth = 0
    for match in re.compile(r"[(){}\[\]]").finditer(code, start):
        depth += 1 if match.group() in "({[" else -1
        if depth == 0:
            return match.start()
    return -1


def _function_name(head):
    """Returns the name that a head declares, or None if it declares no function."""
    if "operator" not in head:  # std::function<int(Row)> declares no "int"
        shorter = None
        while shorter != head:
            shorter, head = head, re.sub(r"<[^<>;]*>", lambda m: " " * len(m.group()), head)
    at = head.find("(")
    while at >= 0:
        end = _closing(head, at)
        if end < 0:
            return None
        before = head[:at].rstrip()
        name = _NAME.search(before)
        if before.endswith("operator"):  # operator()
            at = head.find("(", end)
            name = re.match(r"(operator)", "operator")
            before = ""
        if name and not re.match(r"(?:ABSL_\w+|__attribute__|alignas|decltype|noexcept|requires|"
                                 r"explicit)$", name.group(1)):
            found = re.sub(r"\s+", "", name.group(1))
            if found.startswith("TEST") or re.match(r"(?:BENCHMARK|TYPED_TEST|FUZZ)", found):
                return ".".join(re.sub(r"\s+", "", head[at + 1:end]).split(","))
            return found
        at = head.find("(", end)
    return None


def _is_member_initialiser(head):
    """True if a brace behind head opens a member of a constructor's list."""
    depth = 0
    for n, char in enumerate(head):
        depth += char in "(["
        depth -= char in ")]"
        if (char == ":" and depth == 0 and head[n + 1:n + 2] != ":" and head[n - 1] != ":"
                and ")" in head[:n]):
            return bool(re.search(r"[\w>]\s*$", head))
    return False


def _cpp_functions(text):
    code = cpp_code(text)
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    found, head, at = [], 0, 0
    token = re.compile(r"[;{}(\[]")
    while True:
        match = token.search(code, at)
        if not match:
            return found
        at = match.end()
        char = match.group()
        if char in "([":
            at = _closing(code, match.start()) + 1
            if at == 0:
                return found
            continue
        if char in ";}":
            head = at
            continue
        text_of_head = re.sub(r"\b(?:public|private|protected)\s*:", "", code[head:match.start()])
        name = _opens_function(text_of_head)
        if name is None and _SCOPE.search(text_of_head) and "=" not in text_of_head:
            head = at
            continue
        if name is None and _is_member_initialiser(text_of_head):
            at = _closing(code, match.start()) + 1
            continue
        end = _closing(code, match.start())
        if end < 0:
            return found
        at = end + 1
        name = name or _table_name(text_of_head)
        if name:
            label = re.match(r"\s*(?:(?:public|private|protected)\s*:\s*)*", code[head:])
            found.append(_function(name, code, lines, head + label.end(), match.start(), end))
        head = at


def _opens_function(head):
    if _is_member_initialiser(head) or not head.strip():
        return None
    bare = re.sub(r"\([^()]*\)", "()", head)
    if re.search(r"(?<![=!<>])=(?!=)", re.sub(r"operator\s*\S+", "", re.sub(
            r"\(.*\)|<[^<>]*>", "", bare, flags=re.DOTALL))):
        return _lambda_name(head)
    if re.search(r"\b(?:namespace|enum)\b", head):
        return None
    if re.search(r"\b(?:class|struct|union)\s+[\w:\s]*$", bare) and "(" not in head.split(
            "template")[-1]:
        return None
    return _function_name(head)


def _lambda_name(head):
    named = re.search(r"(\w+)\s*=\s*\[[^\[\]]*\]\s*(?:\(.*\))?[^()]*$", head, re.DOTALL)
    return named.group(1) if named else None


def _table_name(head):
    """Names an initialiser, so that a long one is seen as well."""
    named = re.search(r"(\w+)\s*(?:\[[^\[\]]*\]\s*)*=?\s*$", head)
    return named.group(1) if named else None


def _function(name, code, lines, head, opening, end):
    head += len(code[head:]) - len(code[head:].lstrip())
    first = code.count("\n", 0, head) + 1
    last = code.count("\n", 0, end) + 1
    above = first - 2
    marked = False
    while above >= 0 and lines[above].lstrip().startswith("//"):
        marked = marked or bool(_TABLE.match(lines[above]))
        above -= 1
    return Function(name, first, last, marked and not _LOOPS.search(code, opening, end))


def _python_functions(text):
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return []
    return [Function(node.name, node.lineno, node.end_lineno, False) for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def _shell_functions(text):
    found, name, first = [], None, 0
    for number, line in enumerate(text.split("\n"), 1):
        opened = re.match(r"(\w+)\(\) *\{", line)
        if opened and not line.rstrip().endswith("}"):
            name, first = opened.group(1), number
        elif line.startswith("}") and name:
            found.append(Function(name, first, number, False))
            name = None
    return found


def functions(kind, text):
    """Returns the functions of a file; a lambda inside one counts to it.

    A table is exempt from the limit of length: the comment directly above it
    has a line that begins "table:" and says of which data, and its body has no
    if, for, while, switch, do or goto. With one of these the mark is void.
    """
    if kind == "cpp":
        return _cpp_functions(text)
    if kind == "python":
        return _python_functions(text)
    if kind == "shell":
        return _shell_functions(text)
    return []

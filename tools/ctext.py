# SPDX-License-Identifier: Apache-2.0
"""ctext: just enough of C for the checks of tools/tidy: tokens, functions, nesting.

It is no compiler. It relies on the layout clang-format gives us (a function's body opens with a
brace in column one) and on nothing else.
"""
import re

TOKEN = re.compile(r'[A-Za-z_]\w*|\d[\w.]*|->|<<|>>|&&|\|\||[-+*/%&|^=!<>]=|\+\+|--|\S')
LITERAL = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)
CONTROL = ("if", "for", "while", "switch")


def blank(match):
    """Same shape, no content: line numbers stay true."""
    text = match.group(0)
    if text.startswith(("//", "/*")):
        return re.sub(r"[^\n]", " ", text)
    return text[0] + re.sub(r"[^\n]", " ", text[1:-1]) + text[-1]


def strip(source):
    """The source without comments and the insides of literals."""
    return LITERAL.sub(blank, source)


def without_directives(code):
    return DIRECTIVE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), code)


class Function:
    def __init__(self, name, line, lines, params, nesting):
        self.name, self.line, self.lines = name, line, lines
        self.params, self.nesting = params, nesting


class Body:
    """A recursive walk over the statements of one function body, for its nesting depth."""

    def __init__(self, tokens):
        self.tokens, self.at, self.deepest = tokens, 0, 0

    def peek(self, ahead=0):
        i = self.at + ahead
        return self.tokens[i] if i < len(self.tokens) else ""

    def skip_group(self, opening, closing):
        depth = 0
        while self.at < len(self.tokens):
            depth += (self.peek() == opening) - (self.peek() == closing)
            self.at += 1
            if depth == 0:
                return

    def block(self, depth):
        self.at += 1
        while self.peek() not in ("}", ""):
            self.statement(depth)
        self.at += 1

    def under(self, depth):
        """A statement governed by a control statement."""
        self.deepest = max(self.deepest, depth + 1)
        self.statement(depth + 1)

    def control(self, depth):
        self.at += 1
        self.skip_group("(", ")")
        self.under(depth)
        while self.peek() == "else":
            self.at += 1
            if self.peek() == "if":  # a chain is one level
                self.at += 1
                self.skip_group("(", ")")
            self.under(depth)

    def statement(self, depth):
        word = self.peek()
        if word == "{":
            self.block(depth)
        elif word in CONTROL:
            self.control(depth)
        elif word == "do":
            self.at += 1
            self.under(depth)
            self.simple(depth)
        elif word in ("case", "default"):
            while self.peek() not in (":", ""):
                self.at += 1
            self.at += 1
        else:
            self.simple(depth)

    def simple(self, depth):
        """Up to `;`; a macro that opens a block, as `EACH(x) {`, is a loop."""
        start = self.at
        while self.at < len(self.tokens):
            word = self.peek()
            if word == "(":
                self.skip_group("(", ")")
                if self.at - start > 1 and self.peek() == "{" and self.is_macro_loop(start):
                    self.under(depth)
                    return
                continue
            if word == "{":
                self.skip_group("{", "}")
                continue
            if word == "}":  # never reached in sound code; do not run on
                return
            self.at += 1
            if word == ";":
                return
            if word == ":" and self.at - start == 2:  # a label
                return

    def is_macro_loop(self, start):
        word = self.tokens[start]
        return word.isidentifier() and self.tokens[start + 1] == "("


def head_of(code, brace):
    """Name, parameter count and start of what stands before a body's brace, or None."""
    start = max(code.rfind(";", 0, brace), code.rfind("}", 0, brace), -1) + 1
    head = code[start:brace]
    match = re.search(r"([A-Za-z_]\w*)\s*\(", head)
    if not match or "=" in head[: match.start()]:
        return None
    depth, commas, seen, i = 0, 0, "", match.end() - 1
    for i in range(match.end() - 1, len(head)):
        c = head[i]
        depth += (c == "(") - (c == ")")
        commas += c == "," and depth == 1
        if depth == 0:
            break
        seen += c if depth else ""
    inside = seen[1:].strip()
    params = 0 if inside in ("", "void") else commas + 1
    return match.group(1), params, start + len(head) - len(head.lstrip())


def functions(source):
    """Every function defined in a source text."""
    code = without_directives(strip(source))
    for match in re.finditer(r"^\{", code, re.M):
        head = head_of(code, match.start())
        if head is None:
            continue
        name, params, start = head
        end = code.find("\n}", match.start())
        end = len(code) if end < 0 else end + 2
        body = Body(TOKEN.findall(code[match.start():end]))
        body.block(0)
        line = code.count("\n", 0, start) + 1
        lines = code.count("\n", start, end) + 1
        yield Function(name, line, lines, params, body.deepest)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the manual pages and the shells' completions from the program's own help.

  tools/make_manual.py (--program PROGRAM | --text FILE) FOLDER

FILE holds the help of every command, each behind a line `===== reasonwatch ... --help`.
FOLDER receives man1/reasonwatch.1, man5/reasonwatch.yaml.5 (the commented
configuration), bash/reasonwatch, zsh/_reasonwatch and fish/reasonwatch.fish. The same
input gives the same bytes.

In order: the help is parsed into commands, then each kind of file is written from them.
"""
import argparse
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
COLUMN = 30  # of descriptions, in the help
HELP = "-h,--help"


class Option(NamedTuple):
    names: list
    value: str      # "" of a flag
    choices: list
    default: str
    required: bool
    text: str


class Command(NamedTuple):
    path: tuple     # ("baseline", "import")
    text: str
    options: list
    positionals: list
    commands: list  # names

    @property
    def name(self):
        return " ".join(("reasonwatch", *self.path))


def rows(section):
    """Yields (form, description) of the indented lines of a section."""
    lines = section.split("\n")
    for n, line in enumerate(lines):
        if not re.match(r"  \S", line):
            continue
        if len(line) > COLUMN and line[COLUMN - 1] == " " and line[COLUMN] != " ":
            yield line[:COLUMN].strip(), line[COLUMN:]
        elif n + 1 < len(lines) and re.match(rf" {{{COLUMN}}}\S", lines[n + 1]):
            yield line.strip(), lines[n + 1].strip()
        else:
            what, _, text = line.strip().partition("   ")
            yield what, text.strip()


def read_option(what, text):
    names, _, rest = what.partition(" ")
    names = names.replace("{false}", "")
    rest = re.sub(r" ?Needs: \S+", "", rest)
    required = "REQUIRED" in rest
    rest = rest.replace("REQUIRED", "").strip()
    choices = re.search(r":\{([^}]*)\}", rest)
    default = re.search(r"=(\S+)$", rest)
    value = re.match(r"[A-Z]*", rest).group()
    return Option(names.split(","), value, choices.group(1).split(",") if choices else [],
                  default.group(1) if default else "", required, text)


def read_command(path, help_text):
    parts = re.split(r"\n(Options|Subcommands|Positionals):\n", "\n" + help_text)
    sections = dict(zip(parts[1::2], parts[2::2]))
    return Command(
        path, parts[0].strip().split("\n")[0],
        [read_option(*row) for row in rows(sections.get("Options", ""))],
        [read_option(*row) for row in rows(sections.get("Positionals", ""))],
        [name for name, _ in rows(sections.get("Subcommands", ""))])


def from_text(text):
    found = re.split(r"^===== reasonwatch(.*) --help\n", text, flags=re.MULTILINE)
    return [read_command(tuple(path.split()), body)
            for path, body in zip(found[1::2], found[2::2])]


def from_program(program, path=()):
    out = subprocess.run([program, *path, "--help"], check=True, capture_output=True,
                         text=True).stdout
    command = read_command(path, out)
    found = [command]
    for name in command.commands:
        found += from_program(program, (*path, name))
    return found


# The manual page.

def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", r"\\&", text)


def option_rows(command):
    for option in command.options:
        if ",".join(option.names) == HELP and command.path:
            continue
        names = ", ".join(f"\\fB{roff(name)}\\fR" for name in option.names)
        value = "|".join(map(roff, option.choices)) if option.choices else option.value
        yield ".TP\n" + names + (f" \\fI{value}\\fR" if value else "")
        words = [option.text] if option.text else []
        words += ["required"] if option.required else []
        words += [f"by default {option.default}"] if option.default else []
        yield roff("; ".join(words) or "as the name says")
    for option in command.positionals:
        yield f".TP\n\\fI{roff(option.names[0])}\\fR\n{roff(option.text)}"


def exit_statuses():
    table = (ROOT / "docs/release.md").read_text().partition("## Exit statuses")[2]
    for status, meaning in re.findall(r"^\| (\d+) \| (.*) \|$", table, re.MULTILINE):
        yield f".TP\n\\fB{status}\\fR\n{roff(meaning.replace('`', ''))}"


def version():
    return re.search(r"project\(reasonwatch VERSION (\S+)",
                     (ROOT / "CMakeLists.txt").read_text()).group(1)


def manual(commands):
    lines = [f'.TH REASONWATCH 1 "" "Reasonwatch {version()}" "User Commands"', ".SH NAME",
             "reasonwatch \\- watches the reasoning quality of language models", ".SH SYNOPSIS",
             ".B reasonwatch", ".I COMMAND", "[\\fIOPTION\\fR...]", ".SH DESCRIPTION",
             "The daemon reads the answers of a language model beside the server that gives them, "
             "learns how healthy answers look, and reports by its metrics when the model has "
             "stopped reasoning as well as it used to.",
             ".PP", "\\fBreasonwatch \\fICOMMAND\\fB \\-\\-help\\fR explains a command.",
             ".SH OPTIONS"]
    top = commands[0]
    lines += option_rows(top)
    lines.append(".SH COMMANDS")
    for command in commands[1:]:
        usage = "".join(f" \\fI{roff(p.names[0])}\\fR" for p in command.positionals)
        lines.append(f".SS {roff(' '.join(command.path))}{usage}")
        lines.append(roff(command.text[:1].upper() + command.text[1:] + "."))
        lines += option_rows(command)
    lines += [".SH EXIT STATUS", *exit_statuses(), ".SH FILES",
              ".TP\n.I /etc/reasonwatch/reasonwatch.yaml",
              "the configuration of the packaged service; see \\fBreasonwatch.yaml\\fR(5)",
              ".TP\n.I /var/lib/reasonwatch", "the database of the packaged service",
              ".TP\n.I /usr/share/doc/reasonwatch/runbooks", "a page for each alert",
              ".TP\n.I /usr/share/reasonwatch/dashboards",
              "rules of Prometheus, an example for Alertmanager, dashboards of Grafana",
              ".SH SEE ALSO", "\\fBreasonwatch.yaml\\fR(5), \\fBsystemctl\\fR(1)"]
    return "\n".join(lines) + "\n"


def configuration_manual():
    text = (ROOT / "deploy/reasonwatch.yaml").read_text()
    text = re.sub(r"^# SPDX.*\n", "", text)
    return "\n".join([
        f'.TH REASONWATCH.YAML 5 "" "Reasonwatch {version()}" "File Formats"', ".SH NAME",
        "reasonwatch.yaml \\- configuration of reasonwatch", ".SH DESCRIPTION",
        "One YAML file. Below is every key with its default; a key that is unknown is an error. "
        "\\fBreasonwatch check\\-config\\fR validates a file and prints the values in force.",
        ".SH KEYS", ".nf", *(roff(line) for line in text.rstrip("\n").split("\n")), ".fi",
        ".SH SEE ALSO", "\\fBreasonwatch\\fR(1)"]) + "\n"


# The completions.

def names_of(command):
    return [name for option in command.options for name in option.names]


def choices_of(command):
    """Returns the words that a command's own words may be."""
    return [choice for positional in command.positionals for choice in positional.choices]


def bash(commands):
    paths = "|".join("/" + "/".join(c.path) for c in commands if c.path)
    lines = ["# bash completion of reasonwatch, written by tools/make_manual.py",
             "_reasonwatch() {",
             "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}",
             "  local path='' word words=''",
             '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
             '    case "$path/$word" in', f'      {paths}) path+=/$word ;;', "    esac", "  done",
             "  COMPREPLY=()", '  case "$path $prev" in']
    for command in commands:
        for option in command.options:
            if option.value:
                at = "|".join(f'"/{"/".join(command.path)} {name}"' if command.path else f'" {name}"'
                              for name in option.names)
                act = (f'COMPREPLY=($(compgen -W "{" ".join(option.choices)}" -- "$cur"))'
                       if option.choices else "compopt -o default")
                lines.append(f"    {at}) {act}; return ;;")
    lines += ["  esac", '  case "$path" in']
    for command in commands:
        at = "/" + "/".join(command.path) if command.path else '""'
        offered = names_of(command) + command.commands + choices_of(command)
        lines.append(f'    {at}) words="{" ".join(offered)}" ;;')
    lines += ["  esac", '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
              "  # A command that takes a file.",
              "  [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default", "}",
              "complete -F _reasonwatch reasonwatch"]
    return "\n".join(lines) + "\n"


def quoted(text):
    """In single quotes of a shell."""
    return text.replace("'", "'\\''")


def zsh_text(text):
    return quoted(text.replace("[", "(").replace("]", ")").replace(":", "\\:"))


def zsh(commands):
    by_path = {command.path: command for command in commands}
    lines = ["#compdef reasonwatch", "# Written by tools/make_manual.py"]
    for command in commands:
        lines.append(f"_reasonwatch{''.join('_' + p.replace('-', '_') for p in command.path)}() {{")
        specs = []
        for option in command.options:
            action = ""
            if option.choices:
                action = f":value:({' '.join(option.choices)})"
            elif option.value == "TEXT":
                action = ":file:_files"
            elif option.value:
                action = ":number: "
            for name in option.names:
                specs.append(f"    '{name}[{zsh_text(option.text)}]{action}'")
        if command.commands:
            lines += ["  local state line", "  local -a commands", "  commands=("]
            lines += [f"    '{name}:{zsh_text(by_path[(*command.path, name)].text)}'"
                      for name in command.commands]
            specs += ["    '1: :->command'", "    '*:: :->rest'"]
        else:
            choices = choices_of(command)
            if choices:
                specs.append(f"    '1:{zsh_text(command.positionals[0].text)}:({' '.join(choices)})'")
            elif command.positionals:
                specs.append("    '*:file:_files'")
        if command.commands:
            lines.append("  )")
        lines += ["  _arguments -C \\", " \\\n".join(specs)]
        if command.commands:
            lines += ["  case $state in", "    command) _describe command commands ;;",
                      "    rest) case $line[1] in"]
            for name in command.commands:
                part = "".join("_" + p.replace("-", "_") for p in (*command.path, name))
                lines.append(f"      {name}) _reasonwatch{part} ;;")
            lines += ["    esac ;;", "  esac"]
        lines.append("}")
    lines.append('_reasonwatch "$@"')
    return "\n".join(lines) + "\n"


def fish(commands):
    by_path = {command.path: command for command in commands}
    lines = ["# Completion of reasonwatch, written by tools/make_manual.py"]
    for command in commands:
        seen = [f"__fish_seen_subcommand_from {word}" for word in command.path]
        if command.commands:
            within = seen + [f"not __fish_seen_subcommand_from {' '.join(command.commands)}"]
            for name in command.commands:
                text = quoted(by_path[(*command.path, name)].text)
                lines.append(f"complete -c reasonwatch -f -n '{'; and '.join(within)}' "
                             f"-a {name} -d '{text}'")
        else:
            within = seen
            if choices_of(command):
                lines.append(f"complete -c reasonwatch -f -n '{'; and '.join(within)}' "
                             f"-a '{' '.join(choices_of(command))}'")
        for option in command.options:
            words = ["complete -c reasonwatch", f"-n '{'; and '.join(within)}'" if within else ""]
            for name in option.names:
                words.append(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}")
            if option.choices:
                words.append(f"-x -a '{' '.join(option.choices)}'")
            elif option.value:
                words.append("-r -F" if option.value == "TEXT" else "-x")
            words.append(f"-d '{quoted(option.text)}'")
            lines.append(" ".join(filter(None, words)))
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--program")
    source.add_argument("--text", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    options = parser.parse_args()
    if options.program:
        commands = from_program(options.program)
    else:
        commands = from_text(options.text.read_text())
    if not commands or not commands[0].commands:
        sys.exit("make_manual: the help names no command")
    for name, text in (("man1/reasonwatch.1", manual(commands)),
                       ("man5/reasonwatch.yaml.5", configuration_manual()),
                       ("bash/reasonwatch", bash(commands)), ("zsh/_reasonwatch", zsh(commands)),
                       ("fish/reasonwatch.fish", fish(commands))):
        path = options.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    print(f"make_manual: {len(commands)} commands with "
          f"{sum(len(c.options) for c in commands)} options")


if __name__ == "__main__":
    main()

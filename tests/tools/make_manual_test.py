# SPDX-License-Identifier: Apache-2.0
"""The manual and the completions must have every command and option of the help."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HELP = ROOT / "tests/testdata/golden/help.txt"


class MakeManual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.work.name)
        subprocess.run([sys.executable, "-B", ROOT / "tools/make_manual.py", "--text", HELP,
                        cls.folder], check=True, capture_output=True)
        # Read apart from the tool: what follows each heading, and the words that look like options.
        parts = re.split(r"^===== reasonwatch(.*) --help\n", HELP.read_text(), flags=re.MULTILINE)
        cls.options = {path.strip(): re.findall(r"^  (?:-\w,)?(--[\w-]+)", body, re.MULTILINE)
                       for path, body in zip(parts[1::2], parts[2::2])}

    @classmethod
    def tearDownClass(cls):
        cls.work.cleanup()

    def complete(self, *words):
        script = (f'source {self.folder}/bash/reasonwatch; COMP_WORDS=("$@"); '
                  'COMP_CWORD=$(($# - 1)); _reasonwatch 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"')
        return subprocess.run(["bash", "-c", script, "bash", "reasonwatch", *words],
                              capture_output=True, text=True, check=False).stdout.split()

    def test_bash_offers_every_option_of_every_command(self):
        self.assertGreater(len(self.options), 20)
        for path, names in self.options.items():
            offered = self.complete(*path.split(), "--")
            self.assertEqual(sorted(offered), sorted(names), path)

    def test_bash_offers_commands_and_choices(self):
        self.assertIn("check-config", self.complete("ch"))
        self.assertIn("import", self.complete("baseline", "i"))
        self.assertEqual(self.complete("baseline", "record", "--thinking", "of"), ["off"])
        self.assertIn("langfuse", self.complete("replay", "--from", ""))
        self.assertEqual(self.complete("init", "env"), ["envoy"])
        self.assertEqual(self.complete("status", "--output", "j"), ["json"])

    def test_a_command_that_takes_a_file_leaves_the_word_to_the_shell(self):
        self.assertEqual(self.complete("baseline", "import", "some"), [])

    def test_every_completion_names_every_command_and_option(self):
        for shell in ("zsh/_reasonwatch", "fish/reasonwatch.fish"):
            text = (self.folder / shell).read_text()
            for path, names in self.options.items():
                for word in [*path.split(), *(name[2:] for name in names)]:
                    self.assertIn(word, text, f"{shell}: {path}")

    def test_completions_are_of_their_shells(self):
        for shell, name in (("zsh", "zsh/_reasonwatch"), ("fish", "fish/reasonwatch.fish"),
                            ("bash", "bash/reasonwatch")):
            if shutil.which(shell):
                subprocess.run([shell, "-n", self.folder / name], check=True)

    def test_the_manual_has_every_command_and_option(self):
        text = (self.folder / "man1/reasonwatch.1").read_text().replace("\\-", "-")
        for path, names in self.options.items():
            part = text if not path else re.search(
                rf"^\.SS {path}(?: \\fI[^\n]*)?\n(.*?)(?=^\.S[SH])", text, re.M | re.S).group(1)
            for name in names:
                if name != "--help" or not path:
                    self.assertIn(f"\\fB{name}\\fR", part, path)

    def test_the_manual_is_formatted_without_a_warning(self):
        if not shutil.which("groff"):
            self.skipTest("no groff")
        for name in ("man1/reasonwatch.1", "man5/reasonwatch.yaml.5"):
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", self.folder / name],
                                  capture_output=True, text=True, check=True)
            # Tables of keys are not broken, so that some are longer than a line.
            warnings = [line for line in done.stderr.splitlines() if "break" not in line]
            self.assertEqual(warnings, [])


if __name__ == "__main__":
    unittest.main()

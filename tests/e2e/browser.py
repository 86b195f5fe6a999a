# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium for the tests of the page: sizes, colour schemes, the console, axe-core."""
import base64
import pathlib
import shutil

import harness

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    webdriver = None

AXE = harness.ROOT / "build" / "axe" / "axe.min.js"


def missing():
    """Says which part of the browser is not installed; "" if all of it is."""
    if webdriver is None:
        return "python3-selenium is not installed"
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    return ""


class Browser:

    def __init__(self, log):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", "--force-device-scale-factor=1", "--lang=en-GB",
                     "--no-proxy-server", "--disable-background-networking"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(
            service=Service(shutil.which("chromedriver"), log_path=str(log)), options=options)
        self.driver.set_page_load_timeout(60)
        self.driver.set_script_timeout(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def size(self, width, height=900):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def scheme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": name}]})

    def open(self, url):
        self.driver.get(url)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def find(self, selector):
        """Waits for the first visible element."""
        def visible():
            for element in self.driver.find_elements(By.CSS_SELECTOR, selector):
                if element.is_displayed():
                    return element
            return None
        return harness.wait_for(selector, visible, 30)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def press(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def focus_by_keys(self, selector, most=400):
        """Presses Tab until an element of the selector has the focus."""
        for _ in range(most):
            self.press(Keys.TAB)
            if self.run("return document.activeElement.matches(arguments[0])", selector):
                return
        raise AssertionError(f"no way to {selector} by Tab")

    def sideways(self):
        """Returns by how many pixels the page is wider than the window."""
        return self.run("return document.documentElement.scrollWidth - "
                        "document.documentElement.clientWidth")

    def console(self):
        """Returns the messages since the last call."""
        return [f"{m['level']} {m['message']}" for m in self.driver.get_log("browser")
                if m["level"] not in ("DEBUG", "INFO")]

    def picture(self, path):
        """Writes the whole page, however long."""
        height = self.run("return document.documentElement.scrollHeight")
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {
            "captureBeyondViewport": True, "clip": {
                "x": 0, "y": 0, "scale": 1, "height": min(height, 6000),
                "width": self.run("return document.documentElement.clientWidth")}})
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def axe(self):
        """Returns the violations that axe-core finds; None without axe-core."""
        if not AXE.exists():
            return None
        self.run(AXE.read_text())
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run().then((r) => done(r.violations.map((v) => "
            "v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 3).map((n) => n.html + ' ' + "
            "n.failureSummary).join(' | '))));")
        return found

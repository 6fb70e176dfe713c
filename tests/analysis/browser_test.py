import support
import csv
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import unittest.mock
from pathlib import Path

import synthetic_runs

# The page in Debian's Chromium. Without a browser this test has nothing to run in: it says so and is skipped, but not where all tests were asked for.
LACKING = [package for package, there in (("chromium", shutil.which("chromium")), ("chromium-driver", shutil.which("chromedriver")),
                                          ("python3-selenium", importlib.util.find_spec("selenium"))) if not there]
if LACKING:
    print(f"{'failed' if os.environ.get('XIBENCH_TEST_FULL') else 'skipped'}: {', '.join(LACKING)} not installed (./check --full installs them)")
    sys.exit(1 if os.environ.get("XIBENCH_TEST_FULL") else 77)

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

TWIN = support.SOURCE / "tests" / "analysis" / "gap_twin.py"
# The invented runs say nothing of their graphs, so the twin models no seconds for gossip: each arm gets a traffic of its own.
PROGRAM = """#!{python}
import json, subprocess, sys
table = json.loads(subprocess.run([sys.executable, {twin!r}, *sys.argv[1:]], capture_output=True, check=True).stdout)
for group in table["groups"]:
    for k, row in enumerate(group["rows"]):
        row["traffic"] |= {{"serial_messages": 1000 * (k + 1), "serial_bytes": 1e9 / (k + 1)}}
        row["modelled_s"] = row["traffic"]["serial_messages"] * table["network"]["latency_s"] + row["traffic"]["serial_bytes"] / table["network"]["bandwidth_bytes_per_s"]
json.dump(table, sys.stdout)
"""
RENAMED = {"ring": "$x^$", "exponential": "<script>alert(1)</script>"}


class Browser(support.FolderTest):
    @classmethod
    def setUpClass(cls):
        """One report of 24 runs, in two cells, for all tests."""
        cls.place = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.place.cleanup)
        cls.out = Path(cls.place.name) / "out"
        sweep = synthetic_runs.SWEEP
        for arm, name in RENAMED.items():
            sweep = sweep.replace(f'name = "{arm}"', f"name = '{name}'")
        with unittest.mock.patch.object(synthetic_runs, "SWEEP", sweep):
            for nodes in (8, 16):
                for arm in synthetic_runs.VARIANTS:
                    for seed in (1, 2, 3):
                        synthetic_runs.write_run(cls.place.name + "/runs", arm, seed, nodes, source_nodes=[8, 16], variant=RENAMED.get(arm, arm))
        program = Path(cls.place.name) / "xibench"
        program.write_text(PROGRAM.format(python=sys.executable, twin=str(TWIN)))
        program.chmod(0o755)
        subprocess.run([sys.executable, support.SOURCE / "analysis" / "report.py", cls.place.name + "/runs", "-o", cls.out, "--xibench", program], check=True, capture_output=True)

    def open(self, width=1280, dark=False, scripts=True):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", f"--user-data-dir={self.folder}/browser"):
            options.add_argument(argument)
        options.binary_location = shutil.which("chromium")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        if not scripts:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.addCleanup(driver.quit)
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": "window.saved = []; URL.createObjectURL = blob => { window.saved.push(blob); return '#' }"})
        driver.get((self.out / "index.html").as_uri())
        if scripts:
            WebDriverWait(driver, 60).until(lambda d: d.find_elements(By.CSS_SELECTOR, ".curves canvas"))
        return driver

    def tearDown(self):
        self.doCleanups()

    def names_shown(self, driver):
        return driver.execute_script("return [...document.querySelectorAll('table.gap tbody tr')].filter(r => r.offsetParent).map(r => r.cells[0].textContent)")

    def column(self, driver, label):
        return driver.execute_script("return [...document.querySelectorAll('table.gap tbody tr')].filter(r => r.offsetParent).map(r => [...r.cells].find(c => c.dataset.l === arguments[0]).textContent)", label)

    def gap_csv(self):
        with open(self.out / "gap.csv", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def test_no_message_and_names_as_they_are_written(self):
        driver = self.open()
        self.assertEqual(driver.get_log("browser"), [])
        names = {"centralized", *RENAMED.values(), "ring, exact in phase 1"}
        self.assertEqual(set(self.names_shown(driver)), names)
        self.assertEqual({chip.text for chip in driver.find_elements(By.CSS_SELECTOR, ".chip")}, names)
        self.assertEqual(len(driver.find_elements(By.CSS_SELECTOR, "script:not([type])")), 1)

    def test_the_table_sorts_by_numbers_and_back(self):
        driver = self.open()
        before = self.names_shown(driver)
        head = next(b for b in driver.find_elements(By.CSS_SELECTOR, "table.gap th button") if b.text == "test accuracy, %")
        by_hand = sorted(float(row["accuracy_mean_percent"]) for row in self.gap_csv())
        shown = lambda: [text.split(" ")[0] for text in self.column(driver, "test accuracy, %")]
        head.click()
        self.assertEqual(shown(), [f"{value:.2f}" for value in by_hand])
        head.click()
        self.assertEqual(shown(), [f"{value:.2f}" for value in reversed(by_hand)])
        head.click()
        self.assertEqual(self.names_shown(driver), before)

    def test_filters_hide_rows(self):
        driver = self.open()
        Select(driver.find_element(By.CSS_SELECTOR, ".by-cell")).select_by_visible_text("nodes = 16")
        self.assertEqual(self.column(driver, "nodes"), ["16"] * 4)
        Select(driver.find_element(By.CSS_SELECTOR, ".by-word")).select_by_visible_text("no gap")
        self.assertEqual(self.names_shown(driver), ["ring, exact in phase 1"])
        Select(driver.find_element(By.CSS_SELECTOR, ".by-word")).select_by_value("")
        driver.find_element(By.CSS_SELECTOR, ".by-name").send_keys("$X")
        self.assertEqual(self.names_shown(driver), ["$x^$"])

    def test_a_chip_hides_a_variant_everywhere_and_a_double_click_leaves_it_alone(self):
        driver = self.open()
        chip = next(c for c in driver.find_elements(By.CSS_SELECTOR, ".chip") if c.text == "$x^$")
        inked = lambda: driver.execute_script("const c = document.querySelector('.curves canvas'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
                                              "let n = 0; for (let k = 0; k < d.length; k += 4) n += d[k] === 0xd5 && d[k + 1] === 0x5e && d[k + 2] === 0; return n")
        colour = driver.execute_script("return getComputedStyle(document.querySelector('.sweep')).getPropertyValue('--v1')")
        self.assertEqual(colour.strip().lower(), "#d55e00")
        self.assertGreater(inked(), 100)
        chip.click()
        self.assertEqual(chip.get_attribute("aria-pressed"), "false")
        self.assertNotIn("$x^$", self.names_shown(driver))
        self.assertEqual(inked(), 0)
        self.assertEqual(driver.execute_script("return [...document.querySelectorAll('[data-v=\"1\"]')].filter(e => !e.classList.contains('off')).length"), 0)
        chip.click()
        self.assertIn("$x^$", self.names_shown(driver))
        ActionChains(driver).double_click(chip).perform()
        self.assertEqual(set(self.names_shown(driver)), {"$x^$"})

    def test_hover_shows_the_values_of_the_csv(self):
        driver = self.open()
        over = driver.find_element(By.CSS_SELECTOR, ".curves .u-over")
        driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", over)
        ActionChains(driver).move_to_element_with_offset(over, 20, 0).perform()
        shown = {int(e.get_attribute("data-v")): (float(e.get_attribute("data-x")), e.text) for e in driver.find_elements(By.CSS_SELECTOR, ".tip .value")}
        self.assertEqual(set(shown), {0, 1, 2, 3})
        runs = {row["variant"]: [r["run_id"] for r in self.runs_csv() if r["variant"] == row["variant"]] for row in self.gap_csv() if row["train.nodes"] == "8"}
        with open(self.out / "evaluations.csv", encoding="utf-8", newline="") as file:
            evaluations = list(csv.DictReader(file))
        of_cell = self.ids_of_cell()
        for place, name in enumerate(["centralized", *RENAMED.values(), "ring, exact in phase 1"]):
            step, text = shown[place]
            values = [float(e["test_accuracy_mean_model"]) for e in evaluations if e["run_id"] in runs[name] and e["run_id"] in of_cell and float(e["step"]) == step]
            self.assertEqual(len(values), 3)
            self.assertAlmostEqual(float(text.split(" ")[0]), sum(values) / 3, delta=5e-5 + 100 * 2 ** -24)  # four decimals, of values in float32

    def runs_csv(self):
        with open(self.out / "runs.csv", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def ids_of_cell(self):
        """Of 8 nodes: the first cell, which the curves show at first."""
        return {synthetic_runs.hashlib.sha256(synthetic_runs.json.dumps(synthetic_runs.resolved(arm, seed, 8), sort_keys=True).encode()).hexdigest()[:16]
                for arm in synthetic_runs.VARIANTS for seed in (1, 2, 3)}

    def test_every_view_draws_without_a_message(self):
        driver = self.open()
        view, across, seeds = (Select(driver.find_element(By.CSS_SELECTOR, name)) for name in (".view", ".across", ".seeds"))
        inked = lambda: driver.execute_script("const c = document.querySelector('.curves canvas'); if (!c) return 0; const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
                                              "let n = 0; for (let k = 0; k < d.length; k += 4) n += d[k + 3] > 0 && d[k] + Math.abs(d[k + 1] - 0x72) + Math.abs(d[k + 2] - 0xb2) < 60; return n")
        for one in [o.get_attribute("value") for o in view.options]:
            for other in [o.get_attribute("value") for o in across.options]:
                for each in ("interval", "each"):
                    view.select_by_value(one), across.select_by_value(other), seeds.select_by_value(each)
                    self.assertGreater(inked(), 20, (one, other, each))  # pixels of about the third variant's colour
        self.assertEqual(driver.get_log("browser"), [])

    def test_the_sliders_change_the_modelled_seconds_of_plot_and_table(self):
        driver = self.open()
        self.assertEqual(self.column(driver, "modelled")[:4], ["850 ms", "500 ms", "417 ms", "400 ms"])  # 1000 k messages of 50 µs and 1 / k GB at 1.25 GB/s
        places = lambda: [float(dot.get_attribute("cx")[:-1]) for dot in driver.find_elements(By.CSS_SELECTOR, ".cost circle")][:4]
        before = places()
        self.assertEqual(sorted(before, reverse=True), before)
        driver.execute_script("const [l, b] = ['.latency', '.bandwidth'].map(name => document.querySelector(name)); l.value = -3; b.value = 12; l.dispatchEvent(new Event('input'))")
        self.assertEqual(self.column(driver, "modelled")[:4], ["1 s", "2 s", "3 s", "4 s"])
        self.assertEqual(sorted(places()), places())
        self.assertIn("1 ms per message and 1 TB/s", driver.find_element(By.CSS_SELECTOR, ".at-network").text)
        driver.find_element(By.CSS_SELECTOR, ".reset-network").click()
        self.assertEqual(places(), before)
        self.assertEqual(driver.get_log("browser"), [])

    def test_buttons_save_the_tables(self):
        driver = self.open()
        for button in driver.find_elements(By.CSS_SELECTOR, ".save, .save-curves"):
            driver.execute_script("arguments[0].click()", button)
        saved = driver.execute_async_script("const done = arguments[0]; Promise.all(window.saved.map(blob => blob.text())).then(done)")
        self.assertEqual(saved[0], (self.out / "gap.csv").read_text(encoding="utf-8"))
        self.assertIn(r"\toprule", saved[1])
        self.assertIn("| variant |", saved[2])
        lines = list(csv.reader(saved[3].splitlines()))
        self.assertEqual(len(lines), 1 + 4 * synthetic_runs.EPOCHS)
        self.assertEqual({line[0] for line in lines[1:]}, {"centralized", *RENAMED.values(), "ring, exact in phase 1"})

    def test_a_phone_shows_the_difference_and_does_not_scroll_sideways(self):
        for dark in (False, True):
            driver = self.open(412, dark)
            self.assertEqual(driver.execute_script("return [document.documentElement.scrollWidth, innerWidth]"), [412, 412])
            cell = next(c for c in driver.find_elements(By.CSS_SELECTOR, "table.gap tbody td[data-l='difference, points']") if c.text != "–")
            self.assertTrue(cell.is_displayed())
            self.assertLessEqual(cell.rect["x"] + cell.rect["width"], 412)
            self.assertRegex(cell.text, r"−\d\.\d\d \[")
            self.assertEqual(driver.get_log("browser"), [])
            back = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
            self.assertEqual(back, "rgb(22, 24, 29)" if dark else "rgb(255, 255, 255)")
            driver.quit()

    def test_without_scripts_the_pictures_stand_and_no_dead_button(self):
        driver = self.open(scripts=False)
        visible = lambda selector: [e for e in driver.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()]
        self.assertEqual(len(visible(".curves .static svg[role=img]")), 2)
        self.assertEqual(len(visible("svg.forest.broad")), 1)
        self.assertEqual(visible(".tools"), [])
        self.assertEqual(len(visible("table.gap tbody tr")), 8)


if __name__ == "__main__":
    support.main()

// The charts of a client's page. Each is made once and then only given new data: for another period, and when a push
// says that a day or a figure changed.

import { locale } from "./locale.js";
import { word } from "./words.js";

const HEIGHT = 300;
const PAUSE = 400; // one check changes several days and figures: they are fetched together
const GLOW = 2_000;
const MUTED = "#94a3b8";
const LINE = "#334155";

const section = document.querySelector("[data-charts]");
const mirrored = document.documentElement.dir === "rtl";

const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
const formats = {
  day: dayFormat({ day: "numeric", month: "short" }),
  month: dayFormat({ month: "short" }),
  full: dayFormat({ weekday: "short", day: "numeric", month: "short", year: "numeric" }),
};

const percent = (value) => word("chart_percent", { value: number.format(value) });
const plain = (value) => number.format(value);
const compact = (value) => short.format(value);
const whole = (value) => (Number.isInteger(value) ? plain(value) : "");

const KINDS = {
  engagement: {
    type: "line",
    from: "snapshots",
    series: { engagement_rate: "#10b981" },
    write: percent,
    axis: percent,
    summary: "chart_summary",
  },
  likes: {
    type: "bar",
    from: "snapshots",
    series: { avg_likes: "#3b82f6" },
    write: plain,
    axis: compact,
    summary: "chart_summary",
  },
  comments: {
    type: "bar",
    from: "snapshots",
    series: { avg_comments: "#f59e0b" },
    write: plain,
    axis: compact,
    summary: "chart_summary",
  },
  activity: {
    type: "bar",
    from: "activity",
    series: { stories: "#10b981", posts: "#60a5fa" },
    write: plain,
    axis: whole,
    summary: "chart_summary_total",
    counts: true,
  },
};

class Chart {
  #kind;
  #plot;
  #legend;
  #note;
  #drawn;
  #shown;
  #data;
  #isNarrow;

  constructor(figure) {
    this.#kind = KINDS[figure.dataset.chart];
    this.#plot = figure.querySelector("[data-plot]");
    this.#legend = figure.querySelector("[data-legend]");
    this.#note = figure.querySelector("[data-note]");
    // Noted once a size: asked for at each of a year's days, it would lay the page out anew as often.
    new ResizeObserver(() => this.#noteWidth()).observe(this.#plot);
  }

  #noteWidth() {
    this.#isNarrow = this.#plot.clientWidth < 480;
  }

  async show(charts) {
    const data = charts[this.#kind.from];
    const shown = JSON.stringify(data);
    if (shown === this.#shown) return;
    this.#data = data;
    const reason = this.#emptyBecause();
    this.#note.hidden = !reason;
    this.#note.textContent = reason ?? "";
    this.#plot.toggleAttribute("data-empty", Boolean(reason));
    this.#writeLegend(Boolean(reason));
    this.#describe(reason);
    if (!reason) await this.#draw();
    // Last, so that what failed is tried again.
    this.#shown = shown;
  }

  #emptyBecause() {
    const { from, counts } = this.#kind;
    const values = this.#names().flatMap((name) => this.#data[name]);
    if (!this.#data.is_known) return word(from === "activity" ? "chart_no_days_yet" : "chart_none_yet");
    if (values.every((value) => value === null)) return word("chart_not_known");
    if (counts && !values.some((value) => value > 0)) return word("chart_nothing_posted");
  }

  #names() {
    return Object.keys(this.#kind.series);
  }

  async #draw() {
    this.#noteWidth();
    const fresh = { series: this.#series(), plotOptions: { bar: this.#bar() } };
    if (this.#drawn) {
      await this.#drawn.updateOptions(fresh, false, false, false);
    } else {
      const drawn = new ApexCharts(this.#plot, { ...this.#options(), ...fresh });
      await drawn.render();
      this.#drawn = drawn;
    }
  }

  // The newest day is where reading ends.
  #series() {
    return this.#names().map((name) => {
      const points = this.#data.dates.map((x, at) => ({ x, y: this.#data[name][at] }));
      return { name: word(`chart_${name}`), data: mirrored ? points.reverse() : points };
    });
  }

  // A year's bars are as thin as the gaps between them would be.
  #bar() {
    const isDense = this.#data.dates.length > 100;
    return { columnWidth: isDense ? "100%" : "70%", borderRadius: isDense ? 0 : 2, borderRadiusApplication: "end" };
  }

  #options() {
    const { type, series, write, axis } = this.#kind;
    return {
      chart: {
        type,
        height: HEIGHT,
        stacked: type === "bar",
        background: "transparent",
        fontFamily: "inherit",
        foreColor: MUTED,
        toolbar: { show: false },
        zoom: { enabled: false },
        selection: { enabled: false },
        animations: { enabled: false },
      },
      colors: Object.values(series),
      fill: { opacity: 1 },
      theme: { mode: "dark" },
      stroke: type === "line" ? { width: 2, curve: "straight", lineCap: "round" } : { width: 0 },
      markers: { size: 0, strokeWidth: 0, hover: { size: 4 } },
      states: { hover: { filter: { type: "none" } }, active: { filter: { type: "none" } } },
      dataLabels: { enabled: false },
      legend: { show: false },
      grid: { borderColor: LINE, strokeDashArray: 3, padding: { left: mirrored ? 24 : 8, right: mirrored ? 8 : 16, top: -16, bottom: -12 } },
      xaxis: {
        type: "category",
        axisBorder: { color: LINE },
        axisTicks: { show: false },
        crosshairs: { show: type === "line", stroke: { color: MUTED, dashArray: 3 } },
        tooltip: { enabled: false },
        labels: {
          rotate: 0,
          hideOverlappingLabels: true,
          style: { fontSize: "12px" },
          formatter: (day) => this.#dayLabel(day),
        },
      },
      yaxis: {
        opposite: mirrored,
        min: type === "bar" ? 0 : undefined,
        forceNiceScale: true,
        labels: { style: { fontSize: "12px" }, formatter: axis },
      },
      tooltip: {
        theme: "dark",
        shared: true,
        intersect: false,
        x: { formatter: (_, { dataPointIndex }) => formats.full.format(moment(this.#dateAt(dataPointIndex))) },
        y: { formatter: (value) => (value === null || value === undefined ? word("chart_unknown") : isolated(write(value))) },
      },
    };
  }

  #dateAt(index) {
    const { dates } = this.#data;
    return mirrored ? dates.at(-1 - index) : dates[index];
  }

  // Every day of a week, one of seven in a month, the first of each month in a year; fewer where it is narrow.
  #dayLabel(day) {
    const { dates } = this.#data;
    const at = dates.indexOf(day);
    if (at < 0) return "";
    const narrow = this.#isNarrow;
    if (dates.length > 100) {
      const isFirst = day.endsWith("-01");
      return isFirst && Number(day.slice(5, 7)) % (narrow ? 3 : 1) === 0 ? label(formats.month, day) : "";
    }
    const step = dates.length > 31 ? (narrow ? 28 : 14) : dates.length > 7 ? 7 : narrow ? 2 : 1;
    const fromNewest = dates.length - 1 - at;
    return fromNewest % step === (dates.length > 7 ? Math.floor(step / 4) : 0) ? label(formats.day, day) : "";
  }

  // Counts show their sums beside their colours, figures the newest one that is known.
  #writeLegend(isEmpty) {
    const before = this.#legend.textContent;
    this.#legend.replaceChildren(...(isEmpty ? [] : this.#names().map((name) => this.#legendItem(name))));
    if (before && before !== this.#legend.textContent) glow(this.#legend);
  }

  #legendItem(name) {
    const { counts, write } = this.#kind;
    const values = this.#data[name];
    const item = document.createElement("span");
    item.className = "chart__item";
    item.dataset.series = name;
    const value = document.createElement("bdi");
    const at = values.findLastIndex((one) => one !== null);
    value.textContent = counts ? plain(sum(values)) : write(values[at]);
    item.append(counts ? word(`chart_${name}`) : formats.day.format(moment(this.#data.dates[at])), value);
    return item;
  }

  #describe(reason) {
    this.#plot.setAttribute("role", "img");
    this.#plot.setAttribute("aria-label", reason ?? this.#names().map((name) => this.#summary(name)).join(" "));
  }

  #summary(name) {
    const { dates } = this.#data;
    const { write, summary } = this.#kind;
    const values = this.#data[name];
    const known = values.filter((value) => value !== null);
    const newest = values.findLastIndex((value) => value !== null);
    return word(summary, {
      name: word(`chart_${name}`),
      from: formats.full.format(moment(dates[0])),
      to: formats.full.format(moment(dates.at(-1))),
      lowest: write(Math.min(...known)),
      highest: write(Math.max(...known)),
      newest: write(values[newest]),
      day: newest < 0 ? "" : formats.day.format(moment(dates[newest])),
      total: plain(sum(known)),
      gaps: plain(values.length - known.length),
    });
  }
}

function glow(element) {
  element.classList.add("changed");
  setTimeout(() => element.classList.remove("changed"), GLOW);
}

function sum(values) {
  return values.reduce((total, value) => total + (value ?? 0), 0);
}

// Inside of the plot, which is left to right, an Arabic date must still be read from the right.
function label(format, day) {
  const text = format.format(moment(day));
  return mirrored ? `\u2067${text}\u2069` : text;
}

function isolated(figure) {
  return mirrored ? `\u2066${figure}\u2069` : figure;
}

// A day has no hour: it is the same day in every zone.
function moment(day) {
  return new Date(`${day}T00:00:00Z`);
}

function dayFormat(options) {
  return new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
}

// The period, kept in the address so that a reload and a shared link show the same.

const buttons = [...section.querySelectorAll("[data-days]")];

function period() {
  const asked = new URLSearchParams(location.search).get("days");
  return buttons.some((button) => button.dataset.days === asked) ? asked : "30";
}

function choose(days) {
  const address = new URL(location.href);
  if (days === "30") address.searchParams.delete("days");
  else address.searchParams.set("days", days);
  history.replaceState(history.state, "", address);
  press();
  refresh();
}

function press() {
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.days === period()));
}

// Fetching: the newest question wins, and what a hidden tab missed is asked for when it is looked at.

const charts = [...section.querySelectorAll("[data-chart]")].map((figure) => new Chart(figure));
const failed = section.querySelector("[data-failed]");
let asking;

async function refresh() {
  asking?.abort();
  const question = new AbortController();
  asking = question;
  section.setAttribute("aria-busy", "true");
  try {
    const [data] = await Promise.all([fetchData(question.signal), loadLibrary()]);
    for (const chart of charts) if (asking === question) await chart.show(data);
    if (asking === question) settle("ready");
  } catch (error) {
    if (asking !== question) return;
    console.warn(error);
    settle("failed");
  }
}

function settle(state) {
  // Charts that are there stay: the notice above them says that they may be old.
  if (state === "ready" || section.dataset.state === "loading") section.dataset.state = state;
  section.setAttribute("aria-busy", "false");
  failed.hidden = state === "ready";
}

async function fetchData(signal) {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(15_000)]);
  const answer = await fetch(`${section.dataset.charts}?days=${period()}`, { signal: limit });
  if (!answer.ok) throw new Error(`charts: ${answer.status}`);
  return answer.json();
}

function loadLibrary() {
  if (globalThis.ApexCharts) return undefined;
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = section.dataset.library;
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => {
      script.remove();
      reject(new Error("charts: no library"));
    });
    document.head.append(script);
  });
}

let pause;
let missed = false;

function refreshSoon() {
  missed = document.hidden;
  if (missed) return;
  clearTimeout(pause);
  pause = setTimeout(refresh, PAUSE);
}

// The point is merged into by pushes, and stays the same element.
const point = section.querySelector("[data-changed]");
new MutationObserver(refreshSoon).observe(point, { attributeFilter: ["data-changed"] });
document.addEventListener("visibilitychange", () => missed && refreshSoon());
for (const button of buttons) button.addEventListener("click", () => choose(button.dataset.days));
section.querySelector("[data-retry]").addEventListener("click", refresh);

press();
refresh();

// SPDX-License-Identifier: Apache-2.0
// Plots: a time series against its expected band (dygraphs), a small one for a
// row, two histograms side by side. Each has its numbers as text beside it.
'use strict';
rw.plots = [];

// The legend sets styles that the content security policy refuses; the page
// has its own.
if (window.Dygraph) {
  Dygraph.PLUGINS = Dygraph.PLUGINS.filter((p) => p !== Dygraph.Plugins.Legend);
}

rw.colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// marks: [{time, name, kind: onset | alarm | mark}]
rw.drawMarks = (marks) => (context, area, plot) => {
  const colours = {onset: rw.colour('--critical'), alarm: rw.colour('--warning'),
                   mark: rw.colour('--soft')};
  context.save();
  context.font = '12px system-ui, "DejaVu Sans", sans-serif';
  marks.forEach((mark, i) => {
    const x = plot.toDomXCoord(mark.time);
    if (x < area.x || x > area.x + area.w) return;
    context.strokeStyle = context.fillStyle = colours[mark.kind];
    context.lineWidth = mark.kind === 'mark' ? 1 : 2;
    context.setLineDash({alarm: [5, 4], mark: [2, 4]}[mark.kind] || []);
    context.beginPath();
    context.moveTo(x, area.y);
    context.lineTo(x, area.y + area.h);
    context.stroke();
    if (mark.kind === 'mark') return;
    const width = context.measureText(mark.name).width;
    const left = x + 5 + width > area.x + area.w ? x - 5 - width : x + 5;
    context.fillText(mark.name, left, area.y + 12 + 15 * (i % 3));
  });
  context.restore();
};

rw.series = (div, signal, marks) => {
  const usual = signal.expected;
  const band = rw.known(usual.value)
    ? [rw.known(usual.low) ? usual.low : usual.value, usual.value,
       rw.known(usual.high) ? usual.high : usual.value] : [null, null, null];
  const share = signal.unit === 'share';
  const rows = signal.points.map((p) => [new Date(p.time), [p.value, p.value, p.value], band]);
  // Room above for the names of the marks.
  const highest = Math.max(share ? .04 : 1, band[2] || 0, ...signal.points.map((p) => p.value || 0));
  const format = (x) => x < 0 || (share && x > 1.001) ? ''
    : share ? Math.round(1000 * x) / 10 + ' %' : rw.whole(x);
  const plot = new Dygraph(div, rows, {
    labels: ['time', 'seen', 'usual'], customBars: true, includeZero: true,
    legend: 'never', drawPoints: rows.length < 80, pointSize: 2.5, strokeWidth: 2,
    valueRange: [-.03 * highest, 1.25 * highest], interactionModel: {},
    gridLineColor: rw.colour('--line'), axisLineColor: rw.colour('--line'),
    highlightCircleSize: 4, xRangePad: 8,
    axes: {y: {axisLabelFormatter: format, axisLabelWidth: 58}, x: {axisLabelWidth: 64}},
    series: {
      seen: {color: rw.colour('--seen'), fillAlpha: 0},
      usual: {color: rw.colour('--band'), strokePattern: [6, 4], strokeWidth: 1.5,
              drawPoints: false, highlightCircleSize: 0}
    },
    fillAlpha: .2,
    underlayCallback: rw.drawMarks(marks)
  });
  rw.plots.push(plot);
  return plot;
};

rw.dropPlots = () => {
  for (const plot of rw.plots) plot.destroy();
  rw.plots = [];
};

// A key in words and strokes for rw.series().
rw.key = (closed) => {
  const stroke = (kind) => rw.svg('svg', {viewBox: '0 0 22 10', 'aria-hidden': 'true'},
    kind === 'band' ? rw.svg('rect', {class: 'band', width: 22, height: 10})
      : rw.svg('line', {class: kind, x1: 0, x2: 22, y1: 5, y2: 5}));
  const entry = (kind, text) => rw.make('span', '', stroke(kind), text);
  return rw.make('div', 'key', entry('seen', 'seen'), entry('band', 'expected'),
    entry('onset', 'onset'), entry('alarm', closed ? 'alarm and end' : 'alarm'),
    entry('mark', 'deployments and changes'));
};

// Reasoning length of a stream's last day in a row of a table.
rw.spark = (spark, alarmed) => {
  const points = spark ? spark.points.filter((p) => rw.known(p.value)) : [];
  if (points.length < 2) return rw.make('span', 'soft', 'too few points');
  const width = 150, height = 30, usual = spark.expected;
  const highest = Math.max(1, rw.known(usual.high) ? usual.high : 0, ...points.map((p) => p.value));
  const first = Date.parse(points[0].time);
  const span = Math.max(1, Date.parse(points[points.length - 1].time) - first);
  const x = (p) => 3 + (width - 6) * (Date.parse(p.time) - first) / span;
  const y = (v) => height - 3 - (height - 6) * v / highest;
  const children = [];
  if (rw.known(usual.low) && rw.known(usual.high)) {
    children.push(rw.svg('rect', {class: 'band', x: 0, width, y: y(usual.high),
                                  height: Math.max(1, y(usual.low) - y(usual.high))}));
  }
  const last = points[points.length - 1];
  children.push(
    rw.svg('polyline', {class: 'line', points: points.map((p) =>
      x(p).toFixed(1) + ',' + y(p.value).toFixed(1)).join(' ')}),
    rw.svg('circle', {class: 'last ' + (alarmed ? 'critical' : ''), cx: x(last), cy: y(last.value),
                      r: 2.8}));
  return rw.svg('svg', {class: 'spark', viewBox: '0 0 ' + width + ' ' + height,
                        'aria-hidden': 'true'}, ...children);
};

rw.histogram = (signal) => {
  const total = (side) => signal.buckets.reduce((sum, b) => sum + b[side], 0);
  const all = {before: Math.max(1, total('before')), since: Math.max(1, total('since'))};
  const highest = Math.max(.001, ...signal.buckets.flatMap((b) =>
    [b.before / all.before, b.since / all.since]));
  const bar = (share, kind) => rw.svg('svg',
    {viewBox: '0 0 100 9', preserveAspectRatio: 'none', 'aria-hidden': 'true'},
    rw.svg('rect', {class: kind, width: 100 * share / highest, height: 9}));
  const cell = (count, side) => rw.make('td', 'number', bar(count / all[side], side),
    rw.whole(count) + ' (' + rw.percent(count / all[side]) + ')');
  const head = rw.make('tr', '', rw.make('th', '', 'Tokens'), rw.make('th', '', 'Before'),
                       rw.make('th', '', 'Since'));
  const rows = signal.buckets.map((b) => rw.make('tr', '',
    rw.make('td', 'number', rw.whole(b.from) + ' to ' + rw.whole(b.to)),
    cell(b.before, 'before'), cell(b.since, 'since')));
  return rw.make('table', 'histogram', rw.make('thead', '', head), rw.make('tbody', '', ...rows));
};

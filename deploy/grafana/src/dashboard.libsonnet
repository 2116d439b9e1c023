// What Grafana wants of a dashboard, and nothing about kcommons but how full is said in words.
local config = import 'config.libsonnet';

local datasource = { type: 'prometheus', uid: '${datasource}' };

{
  local d = self,

  // --- what is near its limit, in words too --------------------------------------------------------

  shares: {
    mode: 'absolute',
    steps: [
      { color: 'green', value: null },
      { color: 'orange', value: config.look },
      { color: 'red', value: config.act },
    ],
  },
  // From `bad` on it is red.
  from(bad, color='red'):: { mode: 'absolute', steps: [{ color: 'green', value: null }, { color: color, value: bad }] },
  plain: { mode: 'absolute', steps: [{ color: 'text', value: null }] },

  local range(index, from, to, color, text) =
    { type: 'range', options: { from: from, to: to, result: { index: index, color: color, text: text } } },
  // Of several that fit, the first is taken.
  state: [
    range(0, 1, null, 'dark-red', 'full: fails now'),
    range(1, config.act, 1, 'red', 'nearly full: act'),
    range(2, config.look, config.act, 'orange', 'filling: look'),
    range(3, null, config.look, 'green', 'ok'),
    { type: 'special', options: { match: 'null+nan', result: { index: 4, color: 'text', text: 'no limit' } } },
  ],
  words(texts):: [{
    type: 'value',
    options: {
      [value]: { index: 0, color: texts[value][0], text: texts[value][1] }
      for value in std.objectFields(texts)
    },
  }],
  good_bad: d.words({ '1': ['green', 'ok'], '0': ['red', 'failed'] }),
  none_is_good: d.words({ '0': ['green', 'none'] }),

  // --- targets -------------------------------------------------------------------------------------

  local target(expr) = { datasource: datasource, expr: std.stripChars(expr, ' \n'), editorMode: 'code' },
  now(expr):: target(expr) { instant: true, range: false, format: 'table' },
  over_time(expr, legend):: target(expr) {
    instant: false,
    range: true,
    format: 'time_series',
    legendFormat: legend,
  },
  local lettered(targets) = [
    targets[i] { refId: std.char(std.codepoint('A') + i) }
    for i in std.range(0, std.length(targets) - 1)
  ],

  // --- panels --------------------------------------------------------------------------------------

  local panel(type, title, description, targets, w, h) = {
    type: type,
    title: title,
    description: description,
    datasource: datasource,
    targets: lettered(targets),
    gridPos: { w: w, h: h },
    fieldConfig: { defaults: {}, overrides: [] },
    options: {},
  },

  // One number, and a word in its place where there is one.
  stat(title, description, expr, w=4, h=4, unit='short', thresholds=d.plain, mappings=[], none='no data', decimals=null)::
    panel('stat', title, description, [d.now(expr)], w, h) {
      fieldConfig: {
        defaults: {
          unit: unit,
          thresholds: thresholds,
          mappings: mappings,
          noValue: none,
          color: { mode: 'thresholds' },
        } + (if decimals == null then {} else { decimals: decimals }),
        overrides: [],
      },
      options: {
        colorMode: 'value',
        graphMode: 'none',
        justifyMode: 'auto',
        orientation: 'auto',
        percentChangeColorMode: 'standard',
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
        showPercentChange: false,
        textMode: 'value',
        wideLayout: true,
      },
    },

  // Shares are drawn with a dashed line where somebody should look and where to act.
  graph(title, description, targets, w=12, h=9, unit='short', shares=false, stack=false, bars=false, overrides=[], none='no data')::
    panel('timeseries', title, description, targets, w, h) {
      fieldConfig: {
        defaults: {
          unit: unit,
          min: 0,
          noValue: none,
          color: { mode: 'palette-classic' },
          thresholds: if shares then d.shares else d.plain,
          custom: {
            drawStyle: if bars then 'bars' else 'line',
            lineWidth: 1,
            fillOpacity: if stack || bars then 40 else 5,
            showPoints: 'auto',
            spanNulls: false,
            stacking: { group: 'A', mode: if stack then 'normal' else 'none' },
            thresholdsStyle: { mode: if shares then 'dashed' else 'off' },
          },
        },
        overrides: overrides,
      },
      options: {
        legend: { calcs: ['lastNotNull', 'max'], displayMode: 'table', placement: 'bottom', showLegend: true, sortBy: 'Last *', sortDesc: true },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
    },
  may_be_negative: { fieldConfig+: { defaults+: { min:: null } } },

  // A table of one row for each set of labels. `columns` are made by the functions below, in the order
  // shown; what is not among them is not shown. A field is a label, or the letter of a target.
  table(title, description, targets, columns, w=24, h=10, sort=null, none='no data')::
    local field(name) = if std.length(name) == 1 then
      (if std.length(targets) == 1 then 'Value' else 'Value #' + name) else name;
    local names = [field(column.field) for column in columns];
    panel('table', title, description, targets, w, h) {
      fieldConfig: {
        defaults: {
          noValue: none,
          thresholds: d.plain,
          custom: { align: 'auto', cellOptions: { type: 'auto' }, filterable: true, inspect: false },
        },
        overrides: [
          { matcher: { id: 'byName', options: column.title }, properties: column.properties }
          for column in columns
          if std.length(column.properties) > 0
        ],
      },
      options: {
        cellHeight: 'sm',
        enablePagination: true,
        frameIndex: 0,
        showHeader: true,
        sortBy: if sort == null then [] else [{ desc: sort.desc, displayName: sort.title }],
      },
      // The first makes one table of several; of a single one it keeps what it is.
      transformations: [
        { id: 'merge', options: {} },
        { id: 'filterFieldsByName', options: { include: { names: names } } },
        {
          id: 'organize',
          options: {
            excludeByName: {},
            indexByName: { [names[i]]: i for i in std.range(0, std.length(names) - 1) },
            renameByName: { [names[i]]: columns[i].title for i in std.range(0, std.length(names) - 1) },
          },
        },
      ],
    },
  column(field, title, unit=null, properties=[]):: {
    field: field,
    title: title,
    properties: (if unit == null then [] else [{ id: 'unit', value: unit }]) + properties,
  },
  // A share, as a bar with its number in it.
  share_column(field, title):: d.column(field, title, 'percentunit', [
    { id: 'min', value: 0 },
    { id: 'max', value: 1 },
    { id: 'decimals', value: 1 },
    { id: 'thresholds', value: d.shares },
    { id: 'custom.cellOptions', value: { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' } },
  ]),
  // The same share, in a word.
  state_column(field, title='State'):: d.word_column(field, title, d.state),
  word_column(field, title, mappings, thresholds=d.plain):: d.column(field, title, null, [
    { id: 'mappings', value: mappings },
    { id: 'thresholds', value: thresholds },
    { id: 'custom.cellOptions', value: { type: 'color-text' } },
  ]),
  count_column(field, title, thresholds=d.plain):: d.column(field, title, 'short', [
    { id: 'decimals', value: 0 },
    { id: 'thresholds', value: thresholds },
    { id: 'custom.cellOptions', value: { type: 'color-text' } },
  ]),
  link_column(field, title, url, tooltip):: d.column(field, title, null, [
    { id: 'links', value: [{ title: tooltip, url: url, targetBlank: false }] },
  ]),

  // Starts a part of the dashboard. With `repeat`, that part is shown once for each value.
  row(title, repeat=null):: {
    type: 'row',
    title: title,
    collapsed: false,
    panels: [],
    gridPos: { w: 24, h: 1 },
  } + (if repeat == null then {} else { repeat: repeat }),

  // --- variables and the whole ---------------------------------------------------------------------

  datasource_variable: {
    name: 'datasource',
    label: 'Data source',
    type: 'datasource',
    query: 'prometheus',
    regex: '',
    refresh: 1,
    multi: false,
    includeAll: false,
    hide: 0,
    options: [],
  },
  // All of them is `.*`: it takes the empty label too, which a list of the values would not.
  variable(name, label, description, query, current=['$__all']):: {
    name: name,
    label: label,
    description: description,
    type: 'query',
    datasource: datasource,
    query: { query: query, refId: 'variable-' + name },
    regex: '',
    refresh: 2,
    sort: 7,
    multi: true,
    includeAll: true,
    allValue: '.*',
    hide: 0,
    current: {
      selected: true,
      text: [if value == '$__all' then 'All' else value for value in current],
      value: current,
    },
    options: [],
  },

  link(title, uid, tooltip):: {
    type: 'link',
    title: title,
    url: '/d/' + uid,
    tooltip: tooltip,
    icon: 'dashboard',
    tags: [],
    asDropdown: false,
    targetBlank: false,
    includeVars: true,
    keepTime: true,
  },

  // Numbers panels and puts them into the grid: each line of `lines` is a list of panels side by side.
  local placed(lines) =
    local next(state, line) = {
      y: state.y + std.foldl(function(h, p) std.max(h, p.gridPos.h), line, 0),
      panels: state.panels + std.foldl(
        function(done, p) {
          x: done.x + p.gridPos.w,
          panels: done.panels + [p {
            id: std.length(state.panels) + std.length(done.panels) + 1,
            gridPos+: { x: done.x, y: state.y },
          }],
        },
        line,
        { x: 0, panels: [] }
      ).panels,
    };
    std.foldl(next, lines, { y: 0, panels: [] }).panels,

  dashboard(uid, title, description, variables, links, lines):: {
    uid: uid,
    title: title,
    description: description,
    tags: ['kcommons'],
    // Grafana 11, and later ones bring it up to date themselves.
    schemaVersion: 39,
    version: 1,
    id: null,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    timepicker: {},
    fiscalYearStartMonth: 0,
    annotations: { list: [] },
    links: links,
    templating: { list: [d.datasource_variable] + variables },
    panels: placed(lines),
  },
}

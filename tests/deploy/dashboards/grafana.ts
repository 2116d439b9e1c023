// What a dashboard here may consist of: Grafana's own types, narrowed to the panels that are used and
// without the places where Grafana takes anything, so that a misspelled option is an error too. The
// queries of Prometheus are the one thing of which @grafana/schema has no type.
import type * as grafana from '@grafana/schema';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// The same type with the values of enums as the texts and numbers that JSON has for them.
type Plain<T> = T extends string
  ? `${T}`
  : T extends number
    ? `${T}` extends `${infer N extends number}` ? N : T
    : T extends (infer U)[]
      ? Plain<U>[]
      : T extends object
        ? { [K in keyof T]: Plain<T[K]> }
        : T;

interface Prometheus {
  type: 'prometheus';
  uid: '${datasource}';
}

interface Target {
  refId: string;
  datasource: Prometheus;
  editorMode: 'code';
  expr: string;
  instant: boolean;
  range: boolean;
  format: 'table' | 'time_series';
  legendFormat?: string;
}

// What an override may set: of any other it would not be known what its value must be.
type Property =
  | { id: 'unit'; value: string }
  | { id: 'min' | 'max' | 'decimals' | 'custom.width' | 'custom.lineWidth'; value: number }
  | { id: 'noValue'; value: string }
  | { id: 'mappings'; value: grafana.ValueMapping[] }
  | { id: 'thresholds'; value: grafana.ThresholdsConfig }
  | { id: 'links'; value: { title: string; url: string; targetBlank: boolean }[] }
  | { id: 'custom.cellOptions'; value: grafana.TableCellOptions }
  | { id: 'custom.lineStyle'; value: grafana.LineStyle };

interface Override {
  matcher: { id: 'byName' | 'byRegexp'; options: string };
  properties: Property[];
}

interface FieldConfig<Custom> extends Omit<grafana.FieldConfig, 'custom'> {
  custom?: Custom;
}

interface Panel<Type extends string, Options, Custom>
  extends Omit<grafana.Panel, 'type' | 'title' | 'description' | 'targets' | 'options' | 'fieldConfig'> {
  type: Type;
  id: number;
  title: string;
  description: string;
  datasource: Prometheus;
  gridPos: grafana.GridPos;
  targets: Target[];
  options: Options;
  fieldConfig: { defaults: FieldConfig<Custom>; overrides: Override[] };
}

interface Row extends Omit<grafana.RowPanel, 'type'> {
  type: 'row';
}

interface Shown extends Omit<grafana.Dashboard, 'panels'> {
  panels: (
    | Panel<'stat', stat.Options, never>
    | Panel<'table', table.Options, Partial<table.FieldConfig>>
    | Panel<'timeseries', timeseries.Options, timeseries.FieldConfig>
    | Row
  )[];
}

export type Dashboard = Plain<Shown>;

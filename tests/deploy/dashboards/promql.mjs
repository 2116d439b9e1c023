// Does an expression name only metrics and labels that there are? By Prometheus' own grammar: for
// every part of an expression it is known which labels its series can have.
import {parser} from '@prometheus-io/lezer-promql';

function union(...sets) {
  return new Set(sets.flatMap((set) => [...set]));
}

class Checker {
  // metrics: Map of name to Set of labels; targetLabels: those that Prometheus adds.
  constructor(text, metrics, targetLabels) {
    this.text = text;
    this.metrics = metrics;
    this.targetLabels = targetLabels;
    this.wrong = [];
  }

  textOf(node) {
    return this.text.slice(node.from, node.to);
  }

  complain(node, what) {
    this.wrong.push(`${what} in ${this.textOf(node)}`);
  }

  children(node) {
    const found = [];
    for (let child = node.firstChild; child; child = child.nextSibling) found.push(child);
    return found;
  }

  names(grouping) {
    return grouping ? grouping.getChildren('LabelName').map((label) => this.textOf(label)) : [];
  }

  mustHave(node, labels, names) {
    for (const name of names) {
      if (!labels.has(name)) this.complain(node, `no label ${name}`);
    }
  }

  // The labels that the series of this part can have.
  labels(node) {
    switch (node.name) {
      case 'VectorSelector': return this.selector(node);
      case 'AggregateExpr': return this.aggregate(node);
      case 'BinaryExpr': return this.binary(node);
      case 'FunctionCall': return this.call(node);
      default: return union(...this.children(node).map((child) => this.labels(child)));
    }
  }

  selector(node) {
    const identifier = node.getChild('Identifier');
    if (!identifier) {
      this.complain(node, 'no metric is named');
      return new Set();
    }
    const known = this.metrics.get(this.textOf(identifier));
    if (!known) {
      this.complain(node, `no metric ${this.textOf(identifier)}`);
      return new Set();
    }
    const labels = union(known, this.targetLabels);
    const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
    this.mustHave(node, labels, matchers.flatMap((matcher) => this.names(matcher)));
    return labels;
  }

  aggregate(node) {
    const body = this.children(node.getChild('FunctionCallBody'));
    const inside = union(...body.map((child) => this.labels(child)));
    const modifier = node.getChild('AggregateModifier');
    const names = this.names(modifier?.getChild('GroupingLabels'));
    this.mustHave(node, inside, names);
    if (/^(topk|bottomk)$/.test(this.textOf(node.getChild('AggregateOp')))) return inside;
    if (modifier?.getChild('Without')) this.complain(node, 'without keeps labels of the target');
    return new Set(names);
  }

  binary(node) {
    const modifier = node.getChild('MatchingModifierClause');
    const operands = this.children(node);
    const [left, right] = [this.labels(operands[0]), this.labels(operands.at(-1))];
    const [on, carried] = modifier?.getChildren('GroupingLabels') ?? [];
    const names = this.names(on);
    this.mustHave(node, left, names);
    this.mustHave(node, right, names);
    if (node.getChild('Or')) return union(left, right);
    if (modifier?.getChild('GroupRight')) {
      this.mustHave(node, left, this.names(carried));
      return union(right, this.names(carried));
    }
    this.mustHave(node, right, this.names(carried));
    return left.size === 0 ? right : union(left, this.names(carried));
  }

  call(node) {
    const name = this.textOf(node.getChild('FunctionIdentifier'));
    const body = this.children(node.getChild('FunctionCallBody'));
    const inside = union(...body.map((child) => this.labels(child)));
    if (name !== 'label_replace' && name !== 'label_join') return inside;
    const texts = body.filter((child) => child.name === 'StringLiteral')
      .map((child) => this.textOf(child).slice(1, -1));
    const sources = name === 'label_replace' ? [texts[2]] : texts.slice(2);
    this.mustHave(node, inside, sources.filter((source) => source !== ''));
    return union(inside, [texts[0]]);
  }
}

// What is wrong with an expression, as texts. Variables must have been put in before.
export function complaints(text, metrics, targetLabels) {
  const tree = parser.parse(text);
  const broken = [];
  tree.iterate({enter: (node) => {
    if (node.type.isError) broken.push(`no PromQL at "${text.slice(node.from, node.from + 40)}"`);
  }});
  if (broken.length > 0) return broken;
  const checker = new Checker(text, metrics, targetLabels);
  checker.labels(tree.topNode);
  return checker.wrong;
}

// The labels that the answer to an expression can have.
export function labelsOf(text, metrics, targetLabels) {
  return new Checker(text, metrics, targetLabels).labels(parser.parse(text).topNode);
}

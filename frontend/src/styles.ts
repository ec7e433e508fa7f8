import { css } from "lit";

export const styles = css`
  :host {
    --temix-low: var(--success-color, #43a047);
    --temix-normal: var(--primary-color, #03a9f4);
    --temix-high: var(--warning-color, #ffa600);
    --temix-very-high: var(--error-color, #db4437);
    --temix-bought: var(--energy-grid-consumption-color, #488fc2);
    --temix-sold: var(--energy-grid-return-color, #8353d1);
    --temix-muted: var(--secondary-text-color, #727272);
    display: block;
    container-type: inline-size;
  }
  ha-card {
    height: 100%;
    box-sizing: border-box;
    overflow: hidden;
  }
  .content {
    padding: 16px;
  }
  .content.titled {
    padding-top: 0;
  }
  .measured {
    display: flex;
    flex-direction: column;
    gap: 12px;
  }
  .head {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 12px;
  }
  .quote.sell {
    text-align: end;
  }
  .label {
    color: var(--temix-muted);
    font-size: 13px;
    line-height: 18px;
  }
  .big {
    font-size: 28px;
    line-height: 36px;
    font-weight: 500;
    letter-spacing: -0.3px;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .quote.sell .big {
    font-size: 20px;
    font-weight: 400;
  }
  .unit {
    line-height: 1;
    font-size: 14px;
    font-weight: 400;
    color: var(--temix-muted);
    letter-spacing: 0;
  }
  .small {
    color: var(--temix-muted);
    font-size: 12px;
    line-height: 16px;
    min-height: 32px;
    font-variant-numeric: tabular-nums;
  }
  .part {
    white-space: nowrap;
  }
  .when {
    margin: 0 0 4px;
  }
  .back {
    all: unset;
    cursor: pointer;
    color: var(--primary-color);
    font-size: 13px;
    line-height: 20px;
    border-radius: 4px;
  }
  .chip {
    display: flex;
    align-items: center;
    gap: 5px;
  }
  .chip::before {
    content: "";
    width: 8px;
    height: 8px;
    border-radius: 50%;
    background: var(--level);
  }
  .very_low,
  .low {
    --level: var(--temix-low);
  }
  .normal {
    --level: var(--temix-normal);
  }
  .high {
    --level: var(--temix-high);
  }
  .very_high {
    --level: var(--temix-very-high);
  }
  .summary {
    margin: 0;
    font-size: 13px;
    line-height: 18px;
    min-height: 18px;
    color: var(--temix-muted);
  }
  .summary.notice {
    color: var(--primary-text-color);
  }
  .notice ha-icon {
    --mdc-icon-size: 16px;
    color: var(--temix-high);
    margin-inline-end: 4px;
    vertical-align: -3px;
  }
  h3 {
    margin: 0;
    font-size: 14px;
    font-weight: 500;
    line-height: 20px;
  }
  .row {
    display: flex;
    justify-content: space-between;
    align-items: baseline;
    gap: 8px;
    margin-top: 8px;
    min-height: 20px;
  }
  .row .small {
    min-height: 16px;
    text-align: end;
  }
  .small.legend {
    min-height: 16px;
    margin-top: 4px;
    display: flex;
    flex-wrap: wrap;
    gap: 0 12px;
    justify-content: flex-end;
  }
  .key::before {
    content: "";
    display: inline-block;
    width: 10px;
    height: 10px;
    margin-inline-end: 4px;
    border-radius: 2px;
    vertical-align: -1px;
    background: var(--temix-bought);
  }
  .key.line::before {
    height: 0;
    width: 12px;
    border-radius: 0;
    border-top: 2px solid var(--primary-text-color);
    background: none;
    vertical-align: 3px;
  }
  .key.dashed::before {
    height: 0;
    width: 12px;
    border-radius: 0;
    border-top: 2px dashed var(--temix-muted);
    background: none;
    vertical-align: 3px;
  }
  .plots {
    outline: none;
    border-radius: 8px;
    touch-action: pan-y;
    cursor: crosshair;
    user-select: none;
    -webkit-user-select: none;
  }
  .plots:focus-visible,
  .lane:focus-visible,
  button:focus-visible,
  a:focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 2px;
  }
  svg {
    display: block;
    max-width: 100%;
    overflow: visible;
  }
  svg text {
    font-size: 11px;
    fill: var(--temix-muted);
    font-variant-numeric: tabular-nums;
  }
  svg text.day {
    font-weight: 600;
    fill: var(--primary-text-color);
  }
  .grid,
  .tick {
    stroke: var(--divider-color, #e0e0e0);
  }
  .zero {
    stroke: var(--temix-muted);
    opacity: 0.6;
  }
  .slot rect {
    fill: var(--level);
    fill-opacity: 0.26;
  }
  .slot path {
    stroke: var(--level);
    stroke-width: 2.5;
    fill: none;
  }
  .slot.past {
    opacity: 0.5;
  }
  .slot.chosen rect {
    fill-opacity: 0.6;
  }
  .rise {
    fill: none;
    stroke: var(--temix-muted);
    stroke-width: 0.75;
    opacity: 0.35;
  }
  path.sell {
    fill: none;
    stroke: var(--temix-muted);
    stroke-width: 1.5;
    stroke-dasharray: 4 3;
  }
  .bought {
    fill: var(--temix-bought);
    fill-opacity: 0.55;
  }
  .sold {
    fill: var(--temix-sold);
    fill-opacity: 0.6;
  }
  .subscribed {
    fill: none;
    stroke: var(--temix-muted);
    stroke-width: 1.5;
    stroke-dasharray: 4 3;
  }
  .delivered {
    fill: none;
    stroke: var(--primary-text-color);
    stroke-width: 1.5;
  }
  .cursor {
    fill: var(--primary-text-color);
    fill-opacity: 0.1;
  }
  path.now {
    stroke: var(--primary-text-color);
    stroke-width: 1.5;
    fill: none;
  }
  circle.now {
    fill: var(--primary-text-color);
  }
  .lane {
    all: unset;
    box-sizing: border-box;
    display: block;
    position: relative;
    width: 100%;
    height: 42px;
    cursor: pointer;
    border-radius: 8px;
    touch-action: pan-y;
    -webkit-tap-highlight-color: transparent;
  }
  .lane ha-icon {
    position: absolute;
    left: 8px;
    top: 9px;
    --mdc-icon-size: 22px;
    color: var(--temix-muted);
  }
  .lane.chosen ha-icon {
    color: var(--primary-color);
  }
  .lane .names {
    display: flex;
    justify-content: space-between;
    gap: 8px;
    padding-inline-start: 46px;
    font-size: 13px;
    line-height: 22px;
  }
  .lane .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    min-width: 0;
  }
  .lane.chosen .name {
    font-weight: 600;
  }
  .lane .does {
    color: var(--temix-muted);
    font-size: 12px;
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  .track {
    fill: var(--primary-text-color);
    fill-opacity: 0.07;
  }
  .run.draws {
    fill: var(--temix-normal);
  }
  .run.gives {
    fill: var(--temix-sold);
  }
  .run.past {
    opacity: 0.45;
  }
  .why {
    margin: 4px 0 0;
    padding: 8px 12px;
    border-radius: 8px;
    background: color-mix(in srgb, var(--primary-text-color) 5%, transparent);
    font-size: 13px;
    line-height: 18px;
    min-height: 36px;
  }
  .why b {
    font-weight: 600;
  }
  .costs {
    display: grid;
    grid-template-columns: repeat(3, minmax(0, 1fr));
    gap: 8px;
    border-top: 1px solid var(--divider-color, #e0e0e0);
    padding-top: 12px;
  }
  .cost {
    display: grid;
    grid-row: span 3;
    grid-template-rows: subgrid;
    gap: 0;
  }
  .cost .label {
    align-self: end;
  }
  .cost .big {
    font-size: 18px;
    line-height: 26px;
  }
  .cost .label,
  .cost .small {
    font-size: 12px;
    line-height: 16px;
  }
  .cost .small {
    min-height: 16px;
    overflow-wrap: anywhere;
  }
  .empty {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    text-align: center;
    gap: 8px;
    padding: 24px 16px;
    box-sizing: border-box;
  }
  .empty ha-icon {
    --mdc-icon-size: 40px;
    color: var(--temix-muted);
  }
  .empty p {
    margin: 0;
    color: var(--temix-muted);
    max-width: 44ch;
    line-height: 20px;
    font-size: 14px;
  }
  .empty .title {
    color: var(--primary-text-color);
    font-size: 16px;
    font-weight: 500;
  }
  .empty a {
    margin-top: 4px;
    padding: 8px 16px;
    border-radius: 18px;
    background: var(--primary-color);
    color: var(--text-primary-color, #fff);
    text-decoration: none;
    font-weight: 500;
    font-size: 14px;
  }
  .bone {
    border-radius: 8px;
    background: var(--primary-text-color);
    opacity: 0.06;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @container (max-width: 400px) {
    .content {
      padding: 12px;
    }
    .head {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
      gap: 8px;
    }
    .part {
      display: block;
    }
    .quote .small {
      min-height: 48px;
    }
    .big {
      font-size: 24px;
    }
    .unit {
      font-size: 12px;
    }
    .why {
      min-height: 54px;
    }
    .summary {
      min-height: 36px;
    }
    .cost .big {
      font-size: 16px;
    }
  }
  @container (max-width: 340px) {
    .big {
      font-size: 21px;
    }
    .quote.sell .big {
      font-size: 18px;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    .bone {
      animation: breathe 1.6s ease-in-out infinite alternate;
    }
    @keyframes breathe {
      from {
        opacity: 0.04;
      }
      to {
        opacity: 0.09;
      }
    }
  }
`;

/** How much work an answer may take, counted in steps: a Worker's clock stands still while it computes. */
export type StepBudget = {
  /** Takes steps from what is left; false, from then on for ever, where there are not as many. */
  spend(steps?: number): boolean;
  readonly isSpent: boolean;
};

export function createStepBudget(maximum: number): StepBudget {
  let left = maximum;
  let isSpent = false;
  return {
    spend(steps = 1) {
      if (steps > left) isSpent = true;
      else left -= steps;
      return !isSpent;
    },
    get isSpent() {
      return isSpent;
    },
  };
}

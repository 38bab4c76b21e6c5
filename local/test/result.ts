/** What one stage of `npm test` did. */
export interface StageResult {
  readonly passed: number;
  /** Titles. */
  readonly failed: readonly string[];
  readonly skipped: readonly { readonly title: string; readonly reason: string }[];
}

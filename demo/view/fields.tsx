interface ChoiceProps {
  label: string;
  value: number;
  options: readonly (readonly [value: number, label: string])[];
  onChange: (value: number) => void;
}

export const Choice = ({ label, value, options, onChange }: ChoiceProps) => (
  <label class="field">
    <span>{label}</span>
    <select value={value} onChange={({ currentTarget }) => onChange(Number(currentTarget.value))}>
      {!options.some(([each]) => each === value) && <option value={value}>{value}</option>}
      {options.map(([each, label]) => (
        <option key={each} value={each}>
          {label}
        </option>
      ))}
    </select>
  </label>
);

interface ChecksProps {
  title: string;
  all: readonly string[];
  chosen: readonly string[] | undefined; // undefined: all
  labelOf: (id: string) => string;
  onChange: (chosen: string[] | undefined) => void;
}

export const Checks = ({ title, all, chosen, labelOf, onChange }: ChecksProps) => {
  const isOn = (id: string) => chosen?.includes(id) ?? true;
  const toggle = (id: string) => {
    const next = all.filter((each) => isOn(each) !== (each === id));
    onChange(next.length === all.length ? undefined : next);
  };
  return (
    <fieldset class="checks">
      <legend>{title}</legend>
      {all.map((id) => (
        <label key={id}>
          <input type="checkbox" checked={isOn(id)} onChange={() => toggle(id)} />
          {labelOf(id)}
        </label>
      ))}
    </fieldset>
  );
};

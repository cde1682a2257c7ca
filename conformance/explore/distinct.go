package explore

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sort"
)

// Distinct counts different values. Up to distinctMax it is exact; beyond, it
// keeps the smallest values and estimates, to about one percent. Either way the
// order of values does not matter, and sets of shards can be added up.
type Distinct struct {
	all  map[uint64]struct{}
	most uint64 // larger ones are not kept, once full
	full bool
}

const distinctMax = 1 << 14

// Add counts v, which must be a hash.
func (d *Distinct) Add(v uint64) {
	if d.full && v > d.most {
		return
	}
	if d.all == nil {
		d.all = make(map[uint64]struct{})
	}
	d.all[v] = struct{}{}
	if len(d.all) >= 2*distinctMax {
		d.trim()
	}
}

// trim keeps the distinctMax smallest.
func (d *Distinct) trim() {
	if len(d.all) <= distinctMax {
		return
	}
	v := d.values()
	d.full, d.most = true, v[distinctMax-1]
	for _, x := range v[distinctMax:] {
		delete(d.all, x)
	}
}

func (d *Distinct) values() []uint64 {
	v := make([]uint64, 0, len(d.all))
	for x := range d.all {
		v = append(v, x)
	}
	slices.Sort(v)
	return v
}

// Count returns how many there are, and whether the number is exact.
func (d *Distinct) Count() (n int, exact bool) {
	d.trim()
	if !d.full {
		return len(d.all), true
	}
	return int(float64(distinctMax-1) / (float64(d.most) / math.MaxUint64)), false
}

// merge adds the values of another set.
func (d *Distinct) merge(o *Distinct) {
	if o.full && (!d.full || o.most < d.most) {
		// What o dropped above its largest must not count here either.
		d.full, d.most = true, o.most
		for x := range d.all {
			if x > d.most {
				delete(d.all, x)
			}
		}
	}
	for x := range o.all {
		d.Add(x)
	}
	d.trim()
}

type distinctJSON struct {
	Count  int    `json:"count"`
	Exact  bool   `json:"exact"`
	Values string `json:"values,omitempty"` // 8 bytes each, big-endian, base64
}

// MarshalJSON writes the count, and the values so that shards can be merged.
func (d Distinct) MarshalJSON() ([]byte, error) {
	j := distinctJSON{}
	j.Count, j.Exact = d.Count()
	var b []byte
	for _, v := range d.values() {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	j.Values = base64.StdEncoding.EncodeToString(b)
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Distinct) UnmarshalJSON(b []byte) error {
	var j distinctJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	v, err := base64.StdEncoding.DecodeString(j.Values)
	if err != nil || len(v)%8 != 0 || len(v)/8 > distinctMax {
		return fmt.Errorf("cannot read distinct values: want base64 of at most %d values of 8 bytes", distinctMax)
	}
	*d = Distinct{}
	for ; len(v) > 0; v = v[8:] {
		x := binary.BigEndian.Uint64(v)
		d.most = max(d.most, x)
		d.Add(x)
	}
	if d.full = !j.Exact; !d.full {
		d.most = 0
	} else if len(d.all) != distinctMax {
		return fmt.Errorf("cannot read distinct values: an estimate needs %d of them, not %d", distinctMax, len(d.all))
	}
	return nil
}

// Distribution is a histogram of numbers. Minimum and maximum are exact, the
// median to three percent (exact below 64).
type Distribution struct {
	Min, Max, Total int
	count           [1024]int
}

// place maps a number to its class: 32 classes for each power of two.
func place(v int) int {
	if v < 64 {
		return max(v, 0)
	}
	s := bits.Len(uint(v)) - 6
	return s*32 + v>>s
}

// least is the smallest number of a class.
func least(class int) int {
	if class < 64 {
		return class
	}
	s := class/32 - 1
	return (class - s*32) << s
}

// Add counts v.
func (d *Distribution) Add(v int) {
	if v = min(max(v, 0), math.MaxInt32); d.Total == 0 || v < d.Min {
		d.Min = v
	}
	d.Max = max(d.Max, v)
	d.Total++
	d.count[place(v)]++
}

// Median returns the middle number; 0 of none.
func (d *Distribution) Median() int {
	half := (d.Total + 1) / 2
	for i, n := range d.count {
		if half -= n; half <= 0 && d.Total > 0 {
			return min(max(least(i), d.Min), d.Max)
		}
	}
	return 0
}

func (d *Distribution) merge(o *Distribution) {
	if o.Total == 0 {
		return
	}
	if d.Total == 0 || o.Min < d.Min {
		d.Min = o.Min
	}
	d.Max = max(d.Max, o.Max)
	d.Total += o.Total
	for i, n := range o.count {
		d.count[i] += n
	}
}

type distributionJSON struct {
	Min     int      `json:"min"`
	Median  int      `json:"median"`
	Max     int      `json:"max"`
	Classes [][2]int `json:"classes"` // smallest number of the class, count
}

// MarshalJSON writes minimum, median and maximum, and the classes so that
// shards can be merged.
func (d Distribution) MarshalJSON() ([]byte, error) {
	j := distributionJSON{Min: d.Min, Median: d.Median(), Max: d.Max, Classes: [][2]int{}}
	for i, n := range d.count {
		if n > 0 {
			j.Classes = append(j.Classes, [2]int{least(i), n})
		}
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Distribution) UnmarshalJSON(b []byte) error {
	var j distributionJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*d = Distribution{Min: j.Min, Max: j.Max}
	if !sort.SliceIsSorted(j.Classes, func(a, b int) bool { return j.Classes[a][0] < j.Classes[b][0] }) {
		return fmt.Errorf("cannot read distribution: classes out of order")
	}
	for _, c := range j.Classes {
		if c[0] < 0 || c[0] > math.MaxInt32 || least(place(c[0])) != c[0] || c[1] < 1 || c[1] > math.MaxInt32 {
			return fmt.Errorf("cannot read distribution: no class begins with %d or has %d members", c[0], c[1])
		}
		d.count[place(c[0])] += c[1]
		d.Total += c[1]
	}
	if d.Total > 0 && (j.Min > j.Max || place(j.Min) != place(j.Classes[0][0]) || place(min(j.Max, math.MaxInt32)) != place(j.Classes[len(j.Classes)-1][0])) {
		return fmt.Errorf("cannot read distribution: minimum %d and maximum %d do not fit the classes", j.Min, j.Max)
	}
	return nil
}

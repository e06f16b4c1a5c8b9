package importer

import "iter"

// ahead runs a sequence in a goroutine of its own, some batches ahead of the
// loop over it, so that reading and what is done with the rows share two cores.
// Order is kept, and a loop that breaks off ends the goroutine.
func ahead[T any](seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	const batchSize, batches = 256, 8
	type batch struct {
		values []T
		err    error
	}
	return func(yield func(T, error) bool) {
		out, stop := make(chan batch, batches), make(chan struct{})
		defer func() {
			close(stop)
			for range out { // until the goroutine has seen it
			}
		}()
		go func() {
			defer close(out)
			var b batch
			send := func() bool {
				select {
				case out <- b:
					b = batch{values: make([]T, 0, batchSize)}
					return true
				case <-stop:
					return false
				}
			}
			for v, err := range seq {
				if b.err = err; err == nil {
					b.values = append(b.values, v)
				}
				if (err != nil || len(b.values) == batchSize) && !send() || err != nil {
					return
				}
			}
			send()
		}()
		for b := range out {
			for _, v := range b.values {
				if !yield(v, nil) {
					return
				}
			}
			if b.err != nil {
				var none T
				yield(none, b.err)
				return
			}
		}
	}
}

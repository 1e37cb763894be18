package activities

import "context"

// BuildPackage builds what the person will receive from the agreed decisions
// and seals it. The same inputs give the same bytes, so that a second call
// finds its package there.
func (a *Activities) BuildPackage(ctx context.Context, in Run) error {
	office := a.Offices.Office(in.Organisation)
	parcel, err := office.PackageInputs(ctx, in.Case, in.Epoch)
	if err != nil {
		return err
	}
	digest, data, err := a.Parcels.Build(parcel)
	if err != nil {
		return err
	}
	_, err = office.SavePackage(ctx, in.Case, in.Epoch, digest, data)
	return err
}
